/**
 * From a template's source to its tree: Jinja 3.1's lexer and grammar, with trim_blocks, lstrip_blocks and loop
 * controls on. Imports only {@code jinja.value}. Stateless but for one parse; any thread.
 */
@NullMarked
package dev.tramontane.jinja.syntax;

import org.jspecify.annotations.NullMarked;
