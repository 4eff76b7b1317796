package dev.tramontane.simulation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The picture: for each workload what servers cost against who waited too long, a curve for each signal, a dot for each run. */
final class Plot {
    private static final int WIDTH = 400;
    private static final int HEIGHT = 270;
    private static final int LEFT = 52;
    private static final int TOP = 34;
    private static final double LEAST = 0.01;
    private static final double MOST = 100;
    private static final List<String> COLOURS =
            List.of("#555555", "#0b7a4b", "#1f5fd0", "#8a4fd0", "#c26a00", "#c4261d", "#0f8ea8", "#b0307a");

    private final StringBuilder svg = new StringBuilder();
    private final Map<String, String> colours = new LinkedHashMap<>();

    private Plot(List<Row> rows) {
        for (Row row : rows) {
            colours.putIfAbsent(row.curve(), COLOURS.get(colours.size() % COLOURS.size()));
        }
    }

    static String of(List<Row> rows) {
        return new Plot(rows).draw(rows);
    }

    private String draw(List<Row> rows) {
        List<Case> cases = rows.stream().map(Row::place).distinct().toList();
        int tall = Math.ceilDiv(cases.size(), 2) * HEIGHT + 60;
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %s %s\" font-family=\"sans-serif\" font-size=\"11\">"
                        .formatted(2 * WIDTH, tall));
        add("<title>GPU hours against requests served late or not at all, by scaling signal</title>");
        add("<rect width=\"%s\" height=\"%s\" fill=\"#ffffff\"/>".formatted(2 * WIDTH, tall));
        for (int i = 0; i < cases.size(); i++) {
            Case place = cases.get(i);
            add("<g transform=\"translate(%s %s)\">".formatted(i % 2 * WIDTH, i / 2 * HEIGHT));
            panel(place, rows.stream().filter(row -> row.place().equals(place)).toList());
            add("</g>");
        }
        legend(tall - 44);
        return svg.append("</svg>\n").toString();
    }

    private void panel(Case place, List<Row> rows) {
        double dearest = 0;
        for (Row row : rows) {
            dearest = Math.max(dearest, row.outcome().gpuHours());
        }
        double step = Math.pow(10, Math.floor(Math.log10(dearest / 2)));
        step *= dearest / step > 10 ? 5 : dearest / step > 5 ? 2 : 1;
        double end = Math.ceil(dearest / step) * step;
        add("<text x=\"%s\" y=\"18\" font-size=\"13\" font-weight=\"bold\">%s</text>"
                .formatted(LEFT, place.workload().name()));
        for (double share = LEAST; share <= MOST; share *= 10) {
            add("<path d=\"M%s %sH%s\" stroke=\"#dddddd\"/>".formatted(LEFT, one(y(share)), WIDTH - 14));
            add("<text x=\"%s\" y=\"%s\" text-anchor=\"end\">%s %%</text>"
                    .formatted(LEFT - 5, one(y(share) + 4), plain(share)));
        }
        for (double hours = 0; hours <= end; hours += step) {
            add("<text x=\"%s\" y=\"%s\" text-anchor=\"middle\">%s</text>"
                    .formatted(one(x(hours, end)), HEIGHT - 28, Math.round(hours)));
        }
        add("<text x=\"%s\" y=\"%s\" text-anchor=\"end\">GPU hours; up: missed</text>"
                .formatted(WIDTH - 14, HEIGHT - 14));
        colours.forEach((curve, colour) ->
                curve(rows.stream().filter(row -> row.curve().equals(curve)).toList(), colour, end));
    }

    private void curve(List<Row> rows, String colour, double end) {
        List<Row> sorted = new ArrayList<>(rows);
        sorted.sort(Comparator.comparingDouble(row -> row.outcome().gpuHours()));
        StringBuilder points = new StringBuilder();
        for (Row row : sorted) {
            points.append(one(x(row.outcome().gpuHours(), end)))
                    .append(',')
                    .append(one(y(100 * row.outcome().missed())))
                    .append(' ');
        }
        add("<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-opacity=\"0.5\"/>".formatted(points, colour));
        for (Row row : sorted) {
            add("<circle cx=\"%s\" cy=\"%s\" r=\"3\" fill=\"%s\"><title>%s %s</title></circle>"
                    .formatted(
                            one(x(row.outcome().gpuHours(), end)),
                            one(y(100 * row.outcome().missed())),
                            colour,
                            row.curve(),
                            row.words()));
        }
    }

    private void legend(int top) {
        int i = 0;
        for (Map.Entry<String, String> entry : colours.entrySet()) {
            int left = LEFT + i % 4 * 185;
            int line = top + i / 4 * 20;
            add("<circle cx=\"%s\" cy=\"%s\" r=\"4\" fill=\"%s\"/>".formatted(left, line - 4, entry.getValue()));
            add("<text x=\"%s\" y=\"%s\">%s</text>".formatted(left + 9, line, entry.getKey()));
            i++;
        }
    }

    private static double x(double hours, double end) {
        return LEFT + hours / end * (WIDTH - 14 - LEFT);
    }

    private static double y(double percent) {
        double bounded = Math.clamp(percent, LEAST, MOST);
        double up = StrictMath.log10(bounded / LEAST) / StrictMath.log10(MOST / LEAST);
        return TOP + (1 - up) * (HEIGHT - 44 - TOP);
    }

    private static String plain(double percent) {
        return percent < 1
                ? String.format(Locale.ROOT, "%.2f", percent).replaceAll("0$", "")
                : Long.toString(Math.round(percent));
    }

    /** With one decimal, whatever the locale. */
    private static String one(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    private void add(String line) {
        svg.append(line).append('\n');
    }
}
