package dev.caravan.console;

import dev.caravan.pipeline.ledger.Usual;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.LongFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * A value of a pipeline's last runs, oldest first, with the range that is usual.
 *
 * @param top the label of the highest value
 * @param bandY where the usual range begins; -1 if it is not known
 */
record Plot(List<Point> points, String top, String median, int bandY, int bandHeight) {

    static final int WIDTH = 620;
    static final int HEIGHT = 120;
    private static final int MARGIN = 8;

    record Point(int x, int y, String state, String title) {}

    static Plot of(
            List<RunView> newestFirst, ToLongFunction<RunView> value, LongFunction<String> words, Usual.Range usual) {
        List<RunView> runs = new ArrayList<>(newestFirst);
        Collections.reverse(runs);
        long highest = Math.max(
                usual == null ? 1 : Math.max(1, usual.high()),
                runs.stream().mapToLong(value).max().orElse(1));
        int step = (WIDTH - 2 * MARGIN) / Math.max(1, Data.RECENT - 1);
        int x = WIDTH - MARGIN - step * Math.max(0, runs.size() - 1);
        List<Point> points = new ArrayList<>();
        for (RunView run : runs) {
            long each = value.applyAsLong(run);
            points.add(new Point(
                    x,
                    y(each, highest),
                    run.state().toString(),
                    words.apply(each) + ", run " + run.run() + ", " + run.state() + ", "
                            + Words.full(run.started() == null ? run.created() : run.started())));
            x += step;
        }
        int low = usual == null ? -1 : y(usual.low(), highest);
        int high = usual == null ? -1 : y(usual.high(), highest);
        return new Plot(
                points,
                words.apply(highest),
                usual == null ? null : words.apply(usual.median()),
                usual == null ? -1 : Math.min(high, low - 1) - 2,
                usual == null ? 0 : Math.max(1, low - high) + 4);
    }

    private static int y(long value, long highest) {
        return HEIGHT - MARGIN - (int) Math.round((HEIGHT - 2.0 * MARGIN) * value / highest);
    }

    /** Returns the points as SVG writes a line. */
    String line() {
        return points.stream().map(point -> point.x() + "," + point.y()).collect(Collectors.joining(" "));
    }
}
