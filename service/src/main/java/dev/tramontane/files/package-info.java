/**
 * Directories of files that several processes share: written whole or not at all, for their owner alone, read with care. Imports
 * nothing of the house. Blocks; not for event loops.
 */
@NullMarked
package dev.tramontane.files;

import org.jspecify.annotations.NullMarked;
