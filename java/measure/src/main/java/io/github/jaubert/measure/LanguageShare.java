package io.github.jaubert.measure;

/**
 * A language as BCP 47 writes it, such as en, or a script without a language, such as und-Latn; how
 * many rows are in it, and their share.
 */
public record LanguageShare(String language, long rows, double share) {}
