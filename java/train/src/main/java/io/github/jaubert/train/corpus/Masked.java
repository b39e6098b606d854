package io.github.jaubert.train.corpus;

/**
 * A sequence with masks. The arrays belong to the caller.
 *
 * @param ids what the model sees
 * @param rows the positions whose tokens it is to tell, ascending; some of them look as before
 * @param labels the ids that were there, one for each row
 */
public record Masked(int[] ids, int[] rows, int[] labels) {}
