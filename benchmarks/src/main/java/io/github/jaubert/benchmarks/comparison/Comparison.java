package io.github.jaubert.benchmarks.comparison;

/**
 * One of our figures beside what it is held against.
 *
 * @param work ours
 * @param unit of both values
 * @param value ours
 * @param peer who or what it is held against
 * @param peerValue theirs; not a number if there is none
 * @param ratio what the goal is about: how many times as fast, which share of a roof, …
 */
public record Comparison(
    String work, String unit, double value, String peer, double peerValue, double ratio) {}
