/**
 * The GPU backend. It is found by {@link java.util.ServiceLoader}, on the class path and on the
 * module path, and has no public API of its own.
 */
package io.github.jaubert.cuda;
