package io.github.jaubert.fuzz;

/**
 * A case that ended otherwise than it may.
 *
 * @param index the number of the case
 * @param damage what was done to the files
 * @param kind the same for all faults that are probably one
 */
public record Fault(long index, String damage, String kind) {}
