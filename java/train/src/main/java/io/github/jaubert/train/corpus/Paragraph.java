package io.github.jaubert.train.corpus;

/**
 * A line of a document.
 *
 * @param text what it says, without the end of the line; never blank
 * @param first whether a document begins with it
 */
public record Paragraph(String text, boolean first) {}
