/**
 * The contract of Hugging Face's inference endpoints and of text-generation-inference: a text goes in, its continuation comes out. Imports api, openai (which
 * reads and carries what is the same in both), json and generation. Requests are read on an event loop (large ones on a Vert.x worker), answers are
 * written on generation's delivery threads.
 */
@NullMarked
package dev.tramontane.api.tgi;

import org.jspecify.annotations.NullMarked;
