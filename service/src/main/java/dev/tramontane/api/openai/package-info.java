/**
 * OpenAI's HTTP surface: completions, chat completions and models, as JSON and as server-sent events. Requests are
 * records that name every field they know; answers are written in OpenAI's exact shapes. Imports api with
 * its journal and replay, json and generation. Requests are read on an event loop (large ones on a Vert.x worker), answers are written on generation's
 * delivery threads.
 */
@NullMarked
package dev.tramontane.api.openai;

import org.jspecify.annotations.NullMarked;
