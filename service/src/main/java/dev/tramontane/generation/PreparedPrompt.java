package dev.tramontane.generation;

/** A prompt as ids, with the text that they stand for. */
record PreparedPrompt(int[] ids, String text) {}
