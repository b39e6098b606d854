package io.github.jaubert.cli.predict;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.pipeline.LateInteraction;
import io.github.jaubert.bert.pipeline.Pipeline;
import io.github.jaubert.bert.pipeline.RankedPassage;
import io.github.jaubert.bert.pipeline.Reranker;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;

/** How well passages answer queries, a passage a line. */
public final class RankingAnswers implements Answers {
  private final Pipeline<?, ?> pipeline;
  private final BiFunction<String, List<String>, List<RankedPassage>> rank;
  private final BiFunction<List<String>, List<String>, List<Float>> scores;
  private final boolean inOrder;
  private final Integer top;
  private final boolean json;

  private RankingAnswers(
      Pipeline<?, ?> pipeline,
      BiFunction<String, List<String>, List<RankedPassage>> rank,
      BiFunction<List<String>, List<String>, List<Float>> scores,
      boolean inOrder,
      Integer top,
      boolean json) {
    this.pipeline = pipeline;
    this.rank = rank;
    this.scores = scores;
    this.inOrder = inOrder;
    this.top = top;
    this.json = json;
  }

  /**
   * Of a pipeline, which belongs to it.
   *
   * @param inOrder whether the passages of each query come the best first; otherwise as they are
   *     given
   * @param top how many passages of each query are shown, if they come in order; null for all
   * @param json whether an answer is an object
   */
  public static RankingAnswers of(Reranker reranker, boolean inOrder, Integer top, boolean json) {
    return new RankingAnswers(reranker, reranker::rerank, reranker::scores, inOrder, top, json);
  }

  /** The same of late interaction. */
  public static RankingAnswers of(
      LateInteraction pipeline, boolean inOrder, Integer top, boolean json) {
    return new RankingAnswers(pipeline, pipeline::rank, pipeline::scores, inOrder, top, json);
  }

  @Override
  public Pipeline<?, ?> pipeline() {
    return pipeline;
  }

  @Override
  public List<String> lines(List<String> queries, List<String> passages) {
    List<String> lines = new ArrayList<>();
    if (!inOrder) {
      List<Float> all = scores.apply(queries, passages);
      for (int i = 0; i < all.size(); i++) {
        lines.add(line(queries.get(i), i, passages.get(i), all.get(i)));
      }
      return lines;
    }
    Map<String, List<String>> byQuery = new LinkedHashMap<>();
    for (int i = 0; i < queries.size(); i++) {
      byQuery.computeIfAbsent(queries.get(i), query -> new ArrayList<>()).add(passages.get(i));
    }
    byQuery.forEach(
        (query, all) -> {
          List<RankedPassage> ranked = rank.apply(query, all);
          ranked.stream()
              .limit(top == null ? ranked.size() : top)
              .map(one -> line(query, one.index(), all.get(one.index()), one.score()))
              .forEach(lines::add);
        });
    return lines;
  }

  /** The score of each passage, in the order in which they are given. */
  @Override
  public List<ObjectNode> cells(List<String> queries, List<String> passages) {
    return scores.apply(queries, passages).stream()
        .map(score -> JsonFiles.object().put("score", score))
        .toList();
  }

  private String line(String query, int index, String passage, float score) {
    if (!json) {
      return String.format(Locale.ROOT, "%.4f %s", score, passage.replaceAll("[\r\n]+", " "));
    }
    ObjectNode node = JsonFiles.object().put("query", query);
    if (inOrder) {
      node.put("index", index);
    }
    return node.put("score", score).put("passage", passage).toString();
  }
}
