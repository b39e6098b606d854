package io.github.jaubert.examples;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.EncoderLayer;
import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.HeadType;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.Activation;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A classifier of tokens of one's own, with two layers on the encoder, and the task it learns. */
// README: tagger
public final class OwnTagger extends EncoderModel<OwnTagger> {
  private static final HeadType TYPE =
      new HeadType(OwnTagger.class, "OwnTagging", "tags of words", "tagger_outer.weight", false);

  private final List<String> tags;
  private final Linear inner;
  private final Linear outer;

  private OwnTagger(Encoder encoder, List<String> tags, int width) {
    super(TYPE, encoder);
    this.tags = List.copyOf(tags);
    inner = add("tagger_inner", EncoderLayer.linear(config().hiddenSize(), width));
    outer = add("tagger_outer", EncoderLayer.linear(width, tags.size()));
  }

  /** An encoder with a new head, whose inner layer has so many outputs. */
  public static OwnTagger of(Encoder encoder, List<String> tags, int width) {
    return new OwnTagger(encoder, tags, width).initialiseHead();
  }

  /**
   * What {@link #save(Path)} wrote: what a head needs before it has weights stands in config.json.
   */
  public static OwnTagger fromPretrained(Path folder) {
    JsonNode json = JsonFiles.readObject(folder.resolve("config.json")).path("own_tagger");
    List<String> tags = new ArrayList<>();
    json.path("tags").forEach(tag -> tags.add(tag.asText()));
    return load(folder, TYPE, encoder -> new OwnTagger(encoder, tags, json.path("width").asInt()));
  }

  @Override
  protected void writeConfig(ObjectNode json) {
    ObjectNode own = json.putObject("own_tagger").put("width", (int) inner.weight().size(0));
    tags.forEach(own.putArray("tags")::add);
  }

  /** The logits of all tokens, {@code [tokens, tags]}. */
  @Override
  public Tensor forward(TokenInputs inputs) {
    Tensor hidden = encoder().forward(inputs).lastHidden().to(DType.F32);
    return outer.forward(inner.forward(hidden, Activation.GELU));
  }

  /** The tag of each word of a sentence. */
  public List<String> tag(Tokenizer tokenizer, String sentence) {
    Encoding tokens = tokenizer.encode(sentence);
    float[] logits = forward(TokenBatch.of(tokens)).toFloats();
    List<String> found = new ArrayList<>();
    for (int token : firstTokens(tokens, sentence)) {
      int best = 0;
      for (int tag = 1; tag < tags.size(); tag++) {
        int row = token * tags.size();
        best = logits[row + tag] > logits[row + best] ? tag : best;
      }
      found.add(tags.get(best));
    }
    return found;
  }

  /** The first token of each word, words being what stands between spaces. */
  private static int[] firstTokens(Encoding tokens, String sentence) {
    List<Integer> first = new ArrayList<>();
    int[][] offsets = tokens.offsets();
    for (int i = 0; i < offsets.length; i++) {
      int from = offsets[i][0];
      boolean special = offsets[i][1] == 0;
      if (!special && (from == 0 || sentence.charAt(from - 1) == ' ')) {
        first.add(i);
      }
    }
    return first.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * The task of sentences and the tags of their words. A word is learnt by its first token; -100
   * stands at all others, which do not count.
   */
  public Task task(Tokenizer tokenizer, List<String> sentences, List<List<String>> truth) {
    List<Encoding> encoded = tokenizer.encodeAll(sentences);
    List<int[]> labels = new ArrayList<>();
    for (int i = 0; i < encoded.size(); i++) {
      int[] own = new int[encoded.get(i).length()];
      Arrays.fill(own, -100);
      int[] first = firstTokens(encoded.get(i), sentences.get(i));
      for (int word = 0; word < first.length; word++) {
        own[first[word]] = tags.indexOf(truth.get(i).get(word));
      }
      labels.add(own);
    }
    Examples examples =
        Examples.of(
            encoded.size(),
            row -> encoded.get(row).length(),
            rows ->
                Batch.of(TokenBatch.of(Arrays.stream(rows).mapToObj(encoded::get).toList()))
                    .withTokens(
                        "tags",
                        Arrays.stream(rows)
                            .mapToObj(labels::get)
                            .flatMapToInt(Arrays::stream)
                            .toArray(),
                        -100));
    return new Task() {
      @Override
      public OwnTagger model() {
        return OwnTagger.this;
      }

      @Override
      public Examples examples() {
        return examples;
      }

      @Override
      public Tensor loss(Inputs inputs, float count) {
        return F.crossEntropy(
            forward(inputs.text()),
            inputs.get("tags"),
            CrossEntropyOptions.defaults().withNormalizer(count));
      }

      @Override
      public float count(Batch batch) { // words
        return Arrays.stream(batch.ints("tags")).filter(tag -> tag >= 0).count();
      }
    };
  }
}
// README: end
