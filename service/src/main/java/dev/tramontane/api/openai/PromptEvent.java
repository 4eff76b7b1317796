package dev.tramontane.api.openai;

import dev.tramontane.generation.GenerationEvent;

/** An event and the prompt that it belongs to, by its place in the request. */
record PromptEvent(int prompt, GenerationEvent event) {}
