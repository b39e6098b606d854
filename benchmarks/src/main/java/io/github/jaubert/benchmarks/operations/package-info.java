/**
 * Operations by themselves: the same definitions measured by the protocol of {@link
 * io.github.jaubert.benchmarks.measure} and by JMH, and the roofs of the machine they stand under.
 */
package io.github.jaubert.benchmarks.operations;
