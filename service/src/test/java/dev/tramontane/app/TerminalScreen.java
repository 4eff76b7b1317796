package dev.tramontane.app;

import java.util.ArrayList;
import java.util.List;

/** As much of a terminal as a progress bar needs: rows of a width that may change, a cursor, wrapping, clearing. */
final class TerminalScreen {
    private final boolean wrapsAnew;
    private final List<StringBuilder> rows = new ArrayList<>(List.of(new StringBuilder()));

    /** Whether row i goes on in the next. */
    private final List<Boolean> joined = new ArrayList<>(List.of(false));

    private int columns;
    private int row;
    private int column;
    private boolean wrapping = true;

    /** @param wrapsAnew whether long lines are laid out anew when the width changes; else they are cut off */
    TerminalScreen(int columns, boolean wrapsAnew) {
        this.columns = columns;
        this.wrapsAnew = wrapsAnew;
    }

    int columns() {
        return columns;
    }

    /** The cursor's row. */
    String row() {
        return rows.get(row).toString();
    }

    /** Whole lines, however they are laid out; empty ones at the end left out. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < rows.size(); i++) {
            line.append(rows.get(i));
            if (!joined.get(i)) {
                lines.add(line.toString());
                line.setLength(0);
            }
        }
        while (!lines.isEmpty() && lines.getLast().isEmpty()) {
            lines.removeLast();
        }
        return lines;
    }

    void take(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\u001b') {
                int end = i + 2;
                while (!Character.isLetter(text.charAt(end))) {
                    end++;
                }
                control(text.substring(i + 2, end + 1));
                i = end;
            } else if (c == '\r') {
                column = 0;
            } else if (c == '\n') {
                down(false);
            } else {
                put(c);
            }
        }
    }

    private void control(String sequence) {
        switch (sequence) {
            case "?7l" -> wrapping = false;
            case "?7h" -> wrapping = true;
            case "K" -> clearToEndOfRow();
            case "J" -> {
                clearToEndOfRow();
                while (rows.size() > row + 1) {
                    rows.removeLast();
                    joined.removeLast();
                }
            }
            default -> throw new AssertionError("the screen does not know " + sequence);
        }
    }

    private void clearToEndOfRow() {
        rows.get(row).setLength(Math.min(column, rows.get(row).length()));
        joined.set(row, false);
    }

    private void put(char c) {
        if (column == columns) {
            if (wrapping) {
                down(true);
                column = 0;
            } else {
                column--;
            }
        }
        StringBuilder at = rows.get(row);
        if (column < at.length()) {
            at.setCharAt(column, c);
        } else {
            at.repeat(' ', column - at.length()).append(c);
        }
        column++;
    }

    private void down(boolean goesOn) {
        joined.set(row, goesOn);
        row++;
        if (row == rows.size()) {
            rows.add(new StringBuilder());
            joined.add(false);
        }
    }

    void resize(int width) {
        if (wrapsAnew) {
            layAnew(width);
        } else {
            rows.forEach(line -> line.setLength(Math.min(line.length(), width)));
        }
        columns = width;
        column = Math.min(column, width);
    }

    private void layAnew(int width) {
        List<StringBuilder> old = List.copyOf(rows);
        List<Boolean> goesOn = List.copyOf(joined);
        int oldRow = row;
        int oldColumn = column;
        rows.clear();
        joined.clear();
        for (int i = 0; i < old.size(); ) {
            StringBuilder line = new StringBuilder();
            int cursor = -1;
            boolean more = true;
            while (more) {
                cursor = i == oldRow ? line.length() + oldColumn : cursor;
                line.append(old.get(i));
                more = goesOn.get(i++);
            }
            int first = rows.size();
            for (int at = 0; at == 0 || at < line.length(); at += width) {
                rows.add(new StringBuilder(line.substring(at, Math.min(line.length(), at + width))));
                joined.add(at + width < line.length());
            }
            if (cursor >= 0) {
                row = first + Math.min(cursor / width, rows.size() - 1 - first);
                column = cursor - (row - first) * width;
            }
        }
    }
}
