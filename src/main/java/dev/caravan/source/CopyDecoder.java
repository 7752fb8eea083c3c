package dev.caravan.source;

import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.postgresql.geometric.PGbox;
import org.postgresql.geometric.PGpoint;
import org.postgresql.util.PGBinaryObject;

/**
 * How one column of a query is read by COPY, with the same value as {@link ColumnReader} reads.
 *
 * @param column collects its values
 * @param asText whether the server has to send the column as text, because its binary format is not decoded
 */
record CopyDecoder(CopyColumn column, boolean asText) {

    /** Read in a form that only the driver produces. */
    private static final Set<String> UNSUPPORTED = Set.of("_float4", "_float8");

    private static final LocalDateTime EPOCH = LocalDate.of(2000, 1, 1).atStartOfDay();
    private static final long EPOCH_DAY = EPOCH.toLocalDate().toEpochDay();
    private static final long EPOCH_MICROS = micros(EPOCH);
    private static final long DAY_MICROS = 86_400_000_000L;

    private static final HexFormat HEX = HexFormat.of();

    /** Returns the decoder of a column, or null if the driver has to read it. */
    static CopyDecoder of(ColumnReader reader, ResultSetMetaData metaData, int index) throws SQLException {
        ColumnType type = reader.column().type();
        String typeName = metaData.getColumnTypeName(index).toLowerCase(Locale.ROOT);
        if (UNSUPPORTED.contains(typeName)) {
            return null;
        }
        CopyColumn column =
                typeName.equals("numeric") ? numeric(reader.column(), metaData, index) : binary(type, typeName);
        if (column != null) {
            return new CopyDecoder(column, false);
        }
        UnaryOperator<String> conversion = null;
        if (typeName.equals("interval")) {
            conversion = PostgresText::interval;
        } else if (type.kind() == ColumnType.Kind.JSON && metaData.getColumnType(index) == Types.ARRAY) {
            String arrayType = metaData.getColumnTypeName(index);
            conversion = text -> PostgresText.arrayToJson(text, arrayType);
        }
        return switch (type.kind()) {
            case TEXT, JSON -> new CopyDecoder(text(type, conversion), true);
            default -> null;
        };
    }

    private static CopyColumn binary(ColumnType type, String typeName) {
        return switch (typeName) {
            case "int2", "smallserial" -> integer(type, 2);
            case "int4", "serial" -> integer(type, 4);
            case "int8", "bigserial" -> integer(type, 8);
            case "oid" -> oid(type);
            case "bool" -> bool(type);
            case "float4" -> new CopyColumn.Doubles(type, true);
            case "float8" -> new CopyColumn.Doubles(type, false);
            case "date" -> date(type);
            case "time" -> time(type);
            case "timestamp", "timestamptz" -> timestamp(type);
            case "text", "varchar", "bpchar", "name", "json", "bytea" -> new CopyColumn.Bytes(type);
            case "jsonb" -> jsonb(type);
            case "uuid" -> uuid(type);
            case "timetz" -> timetz(type);
            case "point" -> geometry(type, new PGpoint());
            case "box" -> geometry(type, new PGbox());
            default -> null;
        };
    }

    private static CopyColumn integer(ColumnType type, int size) {
        return new CopyColumn.Longs(type, true) {
            @Override
            long number(byte[] data, int offset, int length) {
                expect(size, length);
                return switch (size) {
                    case 2 -> int2(data, offset);
                    case 4 -> int4(data, offset);
                    default -> int8(data, offset);
                };
            }
        };
    }

    private static CopyColumn oid(ColumnType type) {
        return new CopyColumn.Longs(type, true) {
            @Override
            long number(byte[] data, int offset, int length) {
                expect(4, length);
                return int4(data, offset) & 0xffffffffL;
            }
        };
    }

    private static CopyColumn bool(ColumnType type) {
        return new CopyColumn.Longs(type, true) {
            @Override
            long number(byte[] data, int offset, int length) {
                expect(1, length);
                return data[offset];
            }
        };
    }

    private static CopyColumn date(ColumnType type) {
        return new CopyColumn.Longs(type, true) {
            @Override
            long number(byte[] data, int offset, int length) {
                expect(4, length);
                int days = int4(data, offset);
                return switch (days) {
                    case Integer.MAX_VALUE -> ColumnReader.LAST_DATE.toEpochDay();
                    case Integer.MIN_VALUE -> ColumnReader.FIRST_DATE.toEpochDay();
                    default -> days + EPOCH_DAY;
                };
            }
        };
    }

    private static CopyColumn time(ColumnType type) {
        return new CopyColumn.Longs(type, true) {
            @Override
            long number(byte[] data, int offset, int length) {
                expect(8, length);
                return Math.min(int8(data, offset), DAY_MICROS - 1); // 24:00:00
            }
        };
    }

    private static CopyColumn timestamp(ColumnType type) {
        long last = micros(ColumnReader.LAST_DATE.atTime(ColumnReader.LAST_TIME));
        long first = micros(ColumnReader.FIRST_DATE.atStartOfDay());
        return new CopyColumn.Longs(type, false) {
            @Override
            long number(byte[] data, int offset, int length) {
                expect(8, length);
                long micros = int8(data, offset);
                if (micros == Long.MAX_VALUE) {
                    return last;
                }
                if (micros == Long.MIN_VALUE) {
                    return first;
                }
                return micros > Long.MAX_VALUE - EPOCH_MICROS ? NO_FIT : micros + EPOCH_MICROS;
            }

            @Override
            Object object(byte[] data, int offset, int length) {
                long micros = number(data, offset, length);
                LocalDateTime time = micros == NO_FIT
                        ? EPOCH.plus(int8(data, offset), ChronoUnit.MICROS)
                        : LocalDateTime.of(1970, 1, 1, 0, 0).plus(micros, ChronoUnit.MICROS);
                return type.kind() == ColumnType.Kind.TIMESTAMP_TZ ? time.atOffset(ZoneOffset.UTC) : time;
            }
        };
    }

    private static long micros(LocalDateTime time) {
        return ChronoUnit.MICROS.between(LocalDateTime.of(1970, 1, 1, 0, 0), time);
    }

    /** Returns null for the one that is read as text. */
    private static CopyColumn numeric(Column declared, ResultSetMetaData metaData, int index) throws SQLException {
        ColumnType type = declared.type();
        if (type.kind() == ColumnType.Kind.TEXT) {
            return null;
        }
        ColumnReader.NumericGetter getter =
                new ColumnReader.NumericGetter(declared.name(), ColumnReader.scale(metaData, index));
        if (metaData.getPrecision(index) <= 0 || type.precision() > CopyDecimal.MAX_DIGITS) {
            return new CopyColumn.Objects(type) {
                @Override
                Object object(byte[] data, int offset, int length) {
                    return getter.decimal(CopyDecimal.decimal(data, offset, length));
                }
            };
        }
        return new CopyColumn.Longs(type, false) {
            @Override
            long number(byte[] data, int offset, int length) {
                return CopyDecimal.unscaled(data, offset, length, type.scale());
            }

            @Override
            Object object(byte[] data, int offset, int length) {
                return getter.decimal(CopyDecimal.decimal(data, offset, length));
            }
        };
    }

    private static CopyColumn jsonb(ColumnType type) {
        return new CopyColumn.Bytes(type) {
            @Override
            void decode(byte[] data, int offset, int length) {
                if (length < 1 || data[offset] != 1) {
                    throw new IllegalArgumentException("unknown version of jsonb");
                }
                append(data, offset + 1, length - 1);
            }
        };
    }

    private static CopyColumn uuid(ColumnType type) {
        byte[] text = new byte[36];
        return new CopyColumn.Bytes(type) {
            @Override
            void decode(byte[] data, int offset, int length) {
                expect(16, length);
                int at = 0;
                for (int i = 0; i < 16; i++) {
                    if (i == 4 || i == 6 || i == 8 || i == 10) {
                        text[at++] = '-';
                    }
                    byte value = data[offset + i];
                    text[at++] = (byte) HEX.toHighHexDigit(value);
                    text[at++] = (byte) HEX.toLowHexDigit(value);
                }
                append(text, 0, text.length);
            }
        };
    }

    private static CopyColumn timetz(ColumnType type) {
        return new CopyColumn.Bytes(type) {
            @Override
            void decode(byte[] data, int offset, int length) {
                expect(12, length);
                long micros = int8(data, offset);
                OffsetTime time = LocalTime.ofNanoOfDay(micros * 1_000)
                        .atOffset(ZoneOffset.ofTotalSeconds(-int4(data, offset + 8)));
                byte[] text = time.toString().getBytes(StandardCharsets.US_ASCII);
                append(text, 0, text.length);
            }
        };
    }

    /** The text that the driver makes of it. */
    private static <T extends PGBinaryObject> CopyColumn geometry(ColumnType type, T geometry) {
        return new CopyColumn.Bytes(type) {
            @Override
            void decode(byte[] data, int offset, int length) {
                try {
                    geometry.setByteValue(data, offset);
                } catch (SQLException e) {
                    throw new IllegalArgumentException(e.getMessage(), e);
                }
                byte[] text = geometry.toString().getBytes(StandardCharsets.US_ASCII);
                append(text, 0, text.length);
            }
        };
    }

    private static CopyColumn text(ColumnType type, UnaryOperator<String> conversion) {
        if (conversion == null) {
            return new CopyColumn.Bytes(type);
        }
        return new CopyColumn.Bytes(type) {
            @Override
            void decode(byte[] data, int offset, int length) {
                byte[] text = conversion
                        .apply(new String(data, offset, length, StandardCharsets.UTF_8))
                        .getBytes(StandardCharsets.UTF_8);
                append(text, 0, text.length);
            }
        };
    }
}
