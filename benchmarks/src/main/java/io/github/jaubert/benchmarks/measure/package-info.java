/**
 * The protocol of measuring programs: each measures a family of works in one process and prints one
 * line of JSON a work, so that a driver can run ours and a peer's in alternation and pair the lines
 * by the works' names. Nothing here knows Jaubert, so that peers on the JVM measure with the same
 * code.
 */
package io.github.jaubert.benchmarks.measure;
