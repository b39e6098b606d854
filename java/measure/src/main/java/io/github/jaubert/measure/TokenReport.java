package io.github.jaubert.measure;

/**
 * What a tokenizer makes of the texts, or of the pairs of them, special tokens included.
 *
 * @param lengths lengths in tokens before anything is cut
 * @param maxLength how many tokens are kept of a text
 * @param truncated how many texts are longer
 * @param truncatedShare their share
 * @param lostShare which share of all tokens is cut off
 * @param unknownShare which share of all tokens stands for what the vocabulary lacks
 */
public record TokenReport(
    LengthReport lengths,
    int maxLength,
    long truncated,
    double truncatedShare,
    double lostShare,
    double unknownShare) {}
