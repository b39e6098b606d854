package io.github.jaubert.bert.pipeline;

/**
 * A passage in the order of what answers a query best.
 *
 * @param index its place among the passages that were given, from 0
 * @param score how well it answers the query, the higher the better
 */
public record RankedPassage(int index, float score) {}
