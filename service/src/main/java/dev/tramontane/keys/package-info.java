/**
 * Who may use the service, and how much of it: keys known by their hashes, the file that lists them, what each holder may
 * do and has used. Pure Java: imports nothing of the house, knows neither HTTP nor the engine.
 */
@NullMarked
package dev.tramontane.keys;

import org.jspecify.annotations.NullMarked;
