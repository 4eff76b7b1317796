/**
 * Ollama's HTTP surface below {@code /api}: generate and chat as lines of JSON, and what its clients ask about models. Imports api, openai (which
 * reads and carries what is the same in both), json and generation. Requests are read on an event loop (large ones on a Vert.x worker), answers are
 * written on generation's delivery threads.
 */
@NullMarked
package dev.tramontane.api.ollama;

import org.jspecify.annotations.NullMarked;
