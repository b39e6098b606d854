/** Measurements: operations by JMH, whole steps by programs that alternate with a peer's. */
package io.github.jaubert.benchmarks;
