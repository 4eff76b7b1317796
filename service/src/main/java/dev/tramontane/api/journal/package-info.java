/**
 * Answers that a process could not finish, or that it keeps, written to files of a directory that processes share, so that the
 * next one goes on with them (docs/adr/0043). Imports {@code api}, {@code generation}, {@code engine}, {@code model} and
 * {@code json}; what an answer of one kind or another consists of is its package's own.
 */
@NullMarked
package dev.tramontane.api.journal;

import org.jspecify.annotations.NullMarked;
