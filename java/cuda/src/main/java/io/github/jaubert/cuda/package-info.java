/**
 * The GPU backend. On the class path it is found by {@link java.util.ServiceLoader}; it has no
 * public API of its own.
 */
package io.github.jaubert.cuda;
