/**
 * Strict JSON: reading what clients send within limits, checking it field by field, writing answers. Imports only
 * Jackson's streaming core. Any thread.
 */
@NullMarked
package dev.tramontane.api.json;

import org.jspecify.annotations.NullMarked;
