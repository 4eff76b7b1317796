/**
 * What the engine's guides are made of where an answer is more than one text of a form: parts with control tokens between them. Guides are the
 * engine's, which asks them on its thread; all else is immutable once it is made, on a prompt thread.
 */
@NullMarked
package dev.tramontane.generation.guide;

import org.jspecify.annotations.NullMarked;
