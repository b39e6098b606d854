package io.github.jaubert.examples;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.SafeTensorsWriter;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.Batch;
import io.github.jaubert.train.Examples;
import io.github.jaubert.train.Inputs;
import io.github.jaubert.train.Task;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A two-tower model of one's own: queries and passages are read by an encoder each, and their
 * vectors compared (Karpukhin et al. 2020, "Dense Passage Retrieval").
 */
// README: towers
public final class TwoTowers extends Block {
  private static final String CONFIG = "two_towers.json";
  private static final String PROJECTIONS = "projections.safetensors";

  private final Encoder query;
  private final Encoder passage;
  private final Map<Encoder, Linear> projections = new LinkedHashMap<>();
  private final int width;
  private final float scale;

  /**
   * Two encoders, which belong to the result from now on and may be of any two kinds.
   *
   * @param width of the vectors
   * @param scale by which cosines are multiplied in the loss
   */
  public TwoTowers(Encoder query, Encoder passage, int width, float scale) {
    this.query = add("query", query);
    this.passage = add("passage", passage);
    this.width = width;
    this.scale = scale;
    projections.put(query, add("query_projection", Linear.of(query.config().hiddenSize(), width)));
    projections.put(
        passage, add("passage_projection", Linear.of(passage.config().hiddenSize(), width)));
  }

  /** Loads what {@link #save} wrote. */
  public static TwoTowers fromPretrained(Path folder) {
    ObjectNode json = JsonFiles.readObject(folder.resolve(CONFIG));
    TwoTowers model =
        new TwoTowers(
            Encoder.fromPretrained(folder.resolve("query")),
            Encoder.fromPretrained(folder.resolve("passage")),
            json.path("width").asInt(),
            json.path("scale").floatValue());
    try (SafeTensors stored = SafeTensors.open(folder.resolve(PROJECTIONS))) {
      stored.names().forEach(name -> model.parameter(name).tensor().copyFrom(stored.floats(name)));
    }
    model.eval();
    return model;
  }

  /** Writes a Hugging Face folder for each tower, and what lies above and between them. */
  public void save(Path folder) {
    query.save(folder.resolve("query"));
    passage.save(folder.resolve("passage"));
    Map<String, Tensor> above = new LinkedHashMap<>();
    parameters().stream()
        .filter(parameter -> parameter.name().contains("_projection."))
        .forEach(parameter -> above.put(parameter.name(), parameter.tensor()));
    SafeTensorsWriter.write(folder.resolve(PROJECTIONS), above, SafeTensorsWriter.PYTORCH);
    ObjectNode json = JsonFiles.object().put("width", width).put("scale", scale);
    AtomicFile.write(folder.resolve(CONFIG), JsonFiles.format(json));
  }

  private Tensor vectors(Encoder tower, TokenInputs text) {
    Tensor mean = F.segmentMean(tower.forward(text).lastHidden(), text.lengths()).to(DType.F32);
    return F.normalize(projections.get(tower).forward(mean));
  }

  /** The vectors of queries, of length 1, {@code [queries, width]}. */
  public Tensor queries(TokenBatch batch) {
    return vectors(query, query.inputs(batch));
  }

  /** The vectors of passages, of length 1, {@code [passages, width]}. */
  public Tensor passages(TokenBatch batch) {
    return vectors(passage, passage.inputs(batch));
  }

  /** The task of queries and the passage that answers each; those of a batch are the negatives. */
  public Task task(Tokenizer tokenizer, List<String> queries, List<String> passages) {
    List<Encoding> asked = tokenizer.encodeAll(queries);
    List<Encoding> read = tokenizer.encodeAll(passages);
    Examples examples =
        Examples.of(
            asked.size(),
            row -> asked.get(row).length() + read.get(row).length(),
            rows ->
                Batch.of(rows.length)
                    .text("query", pick(asked, rows))
                    .text("passage", pick(read, rows))
                    .with("own", IntStream.range(0, rows.length).toArray()));
    return new Task() {
      @Override
      public TwoTowers model() {
        return TwoTowers.this;
      }

      @Override
      public Examples examples() {
        return examples;
      }

      @Override
      public Encoder encoder(String text) { // of several, the one that reads this text
        return text.equals("query") ? query : passage;
      }

      @Override
      public boolean canSplit() { // a passage is told from the others of its batch
        return false;
      }

      @Override
      public Tensor loss(Inputs inputs, float count) {
        Tensor a = vectors(query, inputs.text("query"));
        Tensor b = vectors(passage, inputs.text("passage"));
        return F.crossEntropy(
            a.matmul(b.t()).mul(scale),
            inputs.get("own"),
            CrossEntropyOptions.defaults().withNormalizer(count));
      }
    };
  }

  private static TokenBatch pick(List<Encoding> texts, int[] rows) {
    return TokenBatch.of(IntStream.of(rows).mapToObj(texts::get).toList());
  }
}
// README: end
