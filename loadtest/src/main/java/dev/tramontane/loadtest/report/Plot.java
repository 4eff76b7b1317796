package dev.tramontane.loadtest.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;

/** One plot as SVG: lines or dots over two linear axes. Colours and fonts are the page's style's. */
final class Plot {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 260;
    private static final int LEFT = 70;
    private static final int RIGHT = 14;
    private static final int TOP = 34;
    private static final int BOTTOM = 42;
    private static final int TICKS = 5;

    private final String title;
    private final String acrossName;
    private final DoubleFunction<String> upText;
    private final List<Line> lines = new ArrayList<>();
    private final List<Tick> acrossTicks = new ArrayList<>();

    /** Points of one colour, which is its place among all. */
    private record Line(String name, List<double[]> points, boolean dots) {}

    private record Tick(double at, String text) {}

    /**
     * @param acrossName what lies on the horizontal axis
     * @param upText writes a value of the vertical one
     */
    Plot(String title, String acrossName, DoubleFunction<String> upText) {
        this.title = title;
        this.acrossName = acrossName;
        this.upText = upText;
    }

    Plot line(String name, List<double[]> points) {
        lines.add(new Line(name, points, false));
        return this;
    }

    Plot dots(String name, List<double[]> points) {
        lines.add(new Line(name, points, true));
        return this;
    }

    /** A place on the horizontal axis with a text of its own. */
    Plot tick(double at, String text) {
        acrossTicks.add(new Tick(at, text));
        return this;
    }

    String svg() {
        double right = Math.max(
                most(0), acrossTicks.stream().mapToDouble(Tick::at).max().orElse(0));
        right = right == 0 ? 1 : right;
        double top = round(most(1));
        StringBuilder svg = new StringBuilder();
        svg.append(String.format(
                Locale.ROOT,
                "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\"><text class=\"title\" x=\"%d\" y=\"16\">%s</text>",
                WIDTH,
                HEIGHT,
                Html.escape(title),
                LEFT,
                Html.escape(title)));
        for (int i = 0; i <= TICKS; i++) {
            double value = top * i / TICKS;
            svg.append(String.format(
                    Locale.ROOT,
                    "<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/><text class=\"up\" x=\"%d\" y=\"%.1f\">%s</text>",
                    LEFT,
                    y(value, top),
                    WIDTH - RIGHT,
                    y(value, top),
                    LEFT - 6,
                    y(value, top) + 4,
                    Html.escape(upText.apply(value))));
        }
        for (Tick tick : acrossTicks.isEmpty() ? evenTicks(right) : acrossTicks) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<text class=\"across\" x=\"%.1f\" y=\"%d\">%s</text>",
                    x(tick.at(), right),
                    HEIGHT - BOTTOM + 16,
                    Html.escape(tick.text())));
        }
        svg.append(String.format(
                Locale.ROOT,
                "<text class=\"across\" x=\"%d\" y=\"%d\">%s</text>",
                (LEFT + WIDTH - RIGHT) / 2,
                HEIGHT - 8,
                Html.escape(acrossName)));
        for (int i = 0; i < lines.size(); i++) {
            draw(svg, i, right, top);
        }
        return svg.append("</svg>").toString();
    }

    private void draw(StringBuilder svg, int place, double right, double top) {
        Line line = lines.get(place);
        if (line.dots()) {
            for (double[] point : line.points()) {
                svg.append(String.format(
                        Locale.ROOT,
                        "<circle class=\"d%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"1.8\"/>",
                        place,
                        x(point[0], right),
                        y(point[1], top)));
            }
        } else {
            svg.append("<polyline class=\"l").append(place).append("\" points=\"");
            for (double[] point : line.points()) {
                svg.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(point[0], right), y(point[1], top)));
            }
            svg.append("\"/>");
        }
        svg.append(String.format(
                Locale.ROOT,
                "<text class=\"name t%d\" x=\"%d\" y=\"16\">%s</text>",
                place,
                WIDTH - RIGHT - (lines.size() - 1 - place) * 90,
                Html.escape(line.name())));
    }

    private double most(int axis) {
        return lines.stream()
                .flatMap(line -> line.points().stream())
                .mapToDouble(point -> point[axis])
                .max()
                .orElse(0);
    }

    /** The next of 1, 2, 2.5 and 5 times a power of ten, so that ticks are readable. */
    private static double round(double value) {
        if (value <= 0) {
            return 1;
        }
        double power = Math.pow(10, Math.floor(Math.log10(value)));
        for (double step : new double[] {1, 2, 2.5, 5}) {
            if (step * power >= value) {
                return step * power;
            }
        }
        return 10 * power;
    }

    private static List<Tick> evenTicks(double right) {
        List<Tick> ticks = new ArrayList<>();
        for (int i = 0; i <= TICKS; i++) {
            ticks.add(new Tick(
                    right * i / TICKS, String.format(Locale.ROOT, right < 10 ? "%.1f" : "%.0f", right * i / TICKS)));
        }
        return ticks;
    }

    private static double x(double value, double right) {
        return LEFT + value / right * (WIDTH - LEFT - RIGHT);
    }

    private static double y(double value, double top) {
        return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM);
    }
}
