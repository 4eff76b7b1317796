/** Tests of the engine against a fake model. Most step it by hand, on the test's thread. */
@NullMarked
package dev.tramontane.engine;

import org.jspecify.annotations.NullMarked;
