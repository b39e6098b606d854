package io.github.jaubert.bert.pipeline;

/**
 * A part of a context that answers a question, or no answer, whose text is empty.
 *
 * @param score how sure the model is, 0 to 1
 * @param start where it begins in the context
 * @param end where it ends: {@code context.substring(start, end)} is the answer
 * @param answer its text
 */
public record Answer(double score, int start, int end, String answer) {}
