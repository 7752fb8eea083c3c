package dev.caravan.source;

import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnVector;
import java.util.Arrays;

/** Collects the values of one column of {@code COPY ... (FORMAT BINARY)} into vectors. */
abstract class CopyColumn {

    final ColumnType type;
    int rows;
    private boolean[] nulls;
    private int capacity;

    CopyColumn(ColumnType type) {
        this.type = type;
    }

    /** Begins a vector; the one before belongs to its batch. */
    final void begin(int expectedRows) {
        rows = 0;
        nulls = null;
        capacity = expectedRows;
        allocate(expectedRows);
    }

    /** Adds a value. */
    final void add(byte[] data, int offset, int length) {
        makeRoom();
        decode(data, offset, length);
        rows++;
    }

    /** Adds a NULL. */
    final void addNull() {
        makeRoom();
        if (nulls == null) {
            nulls = new boolean[capacity];
        }
        nulls[rows] = true;
        skip();
        rows++;
    }

    private void makeRoom() {
        if (rows == capacity) {
            capacity *= 2;
            nulls = nulls == null ? null : Arrays.copyOf(nulls, capacity);
            grow(capacity);
        }
    }

    /** Returns the vector. */
    final ColumnVector vector() {
        return vector(nulls);
    }

    /** Returns a value as the iterator over rows gives it. */
    Object value(ColumnVector vector, int row) {
        return vector.get(row);
    }

    abstract void allocate(int size);

    abstract void grow(int size);

    /** Stores the value of the current row. */
    abstract void decode(byte[] data, int offset, int length);

    /** Leaves the place of a NULL empty. */
    void skip() {}

    abstract ColumnVector vector(boolean[] nulls);

    /** Returns an expected size that needs no larger array if the next batch has a little more. */
    static int withReserve(int size) {
        return size + size / 8;
    }

    static short int2(byte[] data, int offset) {
        return (short) ((data[offset] << 8) | (data[offset + 1] & 0xff));
    }

    static int int4(byte[] data, int offset) {
        return (data[offset] << 24)
                | ((data[offset + 1] & 0xff) << 16)
                | ((data[offset + 2] & 0xff) << 8)
                | (data[offset + 3] & 0xff);
    }

    static long int8(byte[] data, int offset) {
        return ((long) int4(data, offset) << 32) | (int4(data, offset + 4) & 0xffffffffL);
    }

    /** Rejects a value that is not of the size that its type has. */
    static void expect(int expected, int length) {
        if (length != expected) {
            throw new IllegalArgumentException(length + " bytes instead of " + expected);
        }
    }

    /** Whole numbers; a vector with a value that does not fit one becomes a vector of objects. */
    abstract static class Longs extends CopyColumn {

        /** Says that a value does not fit; no value of a type that may not fit is this. */
        static final long NO_FIT = Long.MIN_VALUE;

        private final boolean alwaysFits;
        private long[] values;
        private Object[] objects;

        Longs(ColumnType type, boolean alwaysFits) {
            super(type);
            this.alwaysFits = alwaysFits;
        }

        abstract long number(byte[] data, int offset, int length);

        /** Returns any value as an object, or null for NULL. */
        Object object(byte[] data, int offset, int length) {
            throw new IllegalStateException();
        }

        @Override
        void allocate(int size) {
            values = new long[size];
            objects = null;
        }

        @Override
        void grow(int size) {
            if (objects == null) {
                values = Arrays.copyOf(values, size);
            } else {
                objects = Arrays.copyOf(objects, size);
            }
        }

        @Override
        void decode(byte[] data, int offset, int length) {
            if (objects == null) {
                long value = number(data, offset, length);
                if (alwaysFits || value != NO_FIT) {
                    values[rows] = value;
                    return;
                }
                toObjects();
            }
            objects[rows] = object(data, offset, length);
        }

        private void toObjects() {
            ColumnVector before = vector();
            objects = new Object[values.length];
            for (int i = 0; i < rows; i++) {
                objects[i] = before.get(i);
            }
        }

        @Override
        ColumnVector vector(boolean[] nulls) {
            return objects == null
                    ? new ColumnVector.Longs(type, values, nulls)
                    : new ColumnVector.Objects(type, objects);
        }
    }

    /** Floating-point numbers of 4 or 8 bytes. */
    static final class Doubles extends CopyColumn {

        private final boolean single;
        private double[] values;

        Doubles(ColumnType type, boolean single) {
            super(type);
            this.single = single;
        }

        @Override
        void allocate(int size) {
            values = new double[size];
        }

        @Override
        void grow(int size) {
            values = Arrays.copyOf(values, size);
        }

        @Override
        void decode(byte[] data, int offset, int length) {
            expect(single ? 4 : 8, length);
            values[rows] =
                    single ? Float.intBitsToFloat(int4(data, offset)) : Double.longBitsToDouble(int8(data, offset));
        }

        /** A row has a real as Float. */
        @Override
        Object value(ColumnVector vector, int row) {
            Object value = vector.get(row);
            return single && value != null ? (Object) ((Double) value).floatValue() : value;
        }

        @Override
        ColumnVector vector(boolean[] nulls) {
            return new ColumnVector.Doubles(type, values, nulls);
        }
    }

    /** Text, JSON and bytes. */
    static class Bytes extends CopyColumn {

        private static final int MAX_SIZE = Integer.MAX_VALUE - 8;

        private byte[] bytes = new byte[0];
        private int[] ends;
        private int end;

        Bytes(ColumnType type) {
            super(type);
        }

        @Override
        void allocate(int size) {
            ends = new int[size];
            // as many bytes as the batch before had
            bytes = new byte[Math.max(withReserve(end), 64)];
            end = 0;
        }

        @Override
        void grow(int size) {
            ends = Arrays.copyOf(ends, size);
        }

        @Override
        void decode(byte[] data, int offset, int length) {
            append(data, offset, length);
        }

        final void append(byte[] data, int offset, int length) {
            int begin = reserve(length);
            System.arraycopy(data, offset, bytes, begin, length);
            ends[rows] = end;
        }

        private int reserve(int length) {
            int begin = end;
            end = Math.addExact(end, length);
            if (end > bytes.length) {
                bytes = Arrays.copyOf(bytes, (int) Math.min(Math.max(2L * bytes.length, end), MAX_SIZE));
            }
            return begin;
        }

        @Override
        void skip() {
            ends[rows] = end;
        }

        @Override
        ColumnVector vector(boolean[] nulls) {
            return new ColumnVector.Bytes(type, bytes, ends, nulls);
        }
    }

    /** Values that only fit objects. */
    abstract static class Objects extends CopyColumn {

        private Object[] values;

        Objects(ColumnType type) {
            super(type);
        }

        /** Returns a value, or null for NULL. */
        abstract Object object(byte[] data, int offset, int length);

        @Override
        void allocate(int size) {
            values = new Object[size];
        }

        @Override
        void grow(int size) {
            values = Arrays.copyOf(values, size);
        }

        @Override
        void decode(byte[] data, int offset, int length) {
            values[rows] = object(data, offset, length);
        }

        @Override
        ColumnVector vector(boolean[] nulls) {
            return new ColumnVector.Objects(type, values);
        }
    }
}
