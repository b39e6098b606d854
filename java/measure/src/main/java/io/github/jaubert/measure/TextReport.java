package io.github.jaubert.measure;

/**
 * A column of texts.
 *
 * @param column its name
 * @param missing rows that have no value in it
 * @param blank rows with nothing but space
 * @param placeholders rows with what programs write for no value, such as nan or null
 * @param characters lengths in characters (code points) of those that are not missing
 * @param words lengths in words
 */
public record TextReport(
    String column,
    long missing,
    long blank,
    long placeholders,
    LengthReport characters,
    LengthReport words) {}
