package io.github.jaubert.serve;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.pipeline.Prepared;
import java.util.function.Function;

/**
 * A request that was understood: what the model is to read, and how its answer is written.
 *
 * @param <R> the pipeline's answer
 */
record Answering<R>(Prepared<R> prepared, Function<R, JsonNode> json) {}
