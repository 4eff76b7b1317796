/**
 * Strict JSON: reading documents and streams within stated limits, checking them field by field, writing answers. Imports only
 * Jackson's streaming core. Any thread.
 */
@NullMarked
package dev.tramontane.json;

import org.jspecify.annotations.NullMarked;
