package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.tokenizer.training.PairMerges;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Learns a vocabulary of RoBERTa's kind from texts: byte pair encoding of UTF-8, with the words of
 * GPT-2, to which the blank before them belongs. Nothing is unknown to it, and nothing is lost: any
 * text can be put together again.
 *
 * <p>The tokens, ids and merges are those of ByteLevelBPETokenizer of Hugging Face's tokenizers
 * (0.23): {@code <s>}, {@code <pad>}, {@code </s>}, {@code <unk>}, {@code <mask>}, the 256 bytes,
 * each written as a character as GPT-2 does, and pairs in the order in which they were joined.
 * Around texts stand {@code <s> … </s>}, and between two {@code </s> </s>}, as RoBERTa has it; and
 * {@code <mask>} takes in the blank before it.
 *
 * <p>Words of more than 1,000 bytes are left out, with a warning. Half of a surrogate pair, which
 * is no character, counts as U+FFFD.
 *
 * <p>Not for change: each setting gives another trainer.
 */
public final class ByteLevelBpeTrainer implements Cloneable {
  private static final Map<String, String> ROLES =
      VocabularyTraining.roles(
          "bos_token", "<s>",
          "pad_token", "<pad>",
          "eos_token", "</s>",
          "unk_token", "<unk>",
          "mask_token", "<mask>");

  private static final int BYTES = 256;

  /** The characters that bytes are written as: their own where it is visible, or the next free. */
  private static final int[] ALPHABET =
      IntStream.iterate(0x21, c -> c + 1)
          .filter(c -> c <= 0x7E || c >= 0xA1 && c != 0xAD)
          .limit(BYTES)
          .toArray();

  private final int size;
  private int minFrequency = 2;
  private VocabularyListener listener = new VocabularyListener() {};

  private ByteLevelBpeTrainer(int size) {
    this.size = size;
  }

  /**
   * A trainer that wants so many tokens, the special ones and the 256 bytes included.
   *
   * @throws IllegalArgumentException if these do not fit, or the size is above 10,000,000
   */
  public static ByteLevelBpeTrainer of(int vocabularySize) {
    VocabularyTraining.checkSize(vocabularySize, ROLES.size() + BYTES);
    return new ByteLevelBpeTrainer(vocabularySize);
  }

  private ByteLevelBpeTrainer with(Consumer<ByteLevelBpeTrainer> change) {
    try {
      ByteLevelBpeTrainer other = (ByteLevelBpeTrainer) clone();
      change.accept(other);
      return other;
    } catch (CloneNotSupportedException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * How often two tokens must stand side by side to be joined; 2 unless said otherwise.
   *
   * @throws IllegalArgumentException if it is less than 1
   */
  public ByteLevelBpeTrainer minFrequency(int times) {
    return with(t -> t.minFrequency = VocabularyTraining.checkFrequency(times));
  }

  /** Who is told how far training is. */
  public ByteLevelBpeTrainer listener(VocabularyListener told) {
    return with(t -> t.listener = told);
  }

  /**
   * Reads all texts once and learns the vocabulary with all cores. If the texts do not give as many
   * tokens as are wanted there are fewer, and a warning. Of a {@link Stream}, give its {@code
   * stream::iterator}.
   *
   * <p>Memory is needed for the different words, not for the texts.
   *
   * @return a tokenizer with a maximum length of 512, to be closed
   * @throws IllegalArgumentException if the texts have no word, or a text is null
   * @throws CancellationException if the thread is interrupted; its flag remains set
   */
  public Tokenizer train(Iterable<String> texts) {
    ObjectNode json = JsonFiles.object();
    json.put("version", "1.0");
    json.putNull("truncation");
    json.putNull("padding");
    ArrayNode added = json.putArray("added_tokens");
    for (String token : ROLES.values()) {
      ObjectNode entry = JsonFiles.object().put("id", added.size());
      added.add(entry.<ObjectNode>setAll(AddedTokens.token(token, true)));
      entry.put("lstrip", token.equals(ROLES.get("mask_token")));
    }
    json.putNull("normalizer");
    json.set("pre_tokenizer", byteLevel());
    ObjectNode processor = json.putObject("post_processor");
    processor.put("type", "RobertaProcessing");
    processor.putArray("sep").add("</s>").add(2);
    processor.putArray("cls").add("<s>").add(0);
    processor.put("trim_offsets", true);
    processor.put("add_prefix_space", false);
    json.set("decoder", byteLevel());

    VocabularyTraining training =
        new VocabularyTraining(
            size, List.copyOf(ROLES.values()), "", minFrequency, ALPHABET, BYTES, listener);
    addModel(json.putObject("model"), training.train(texts, json));

    ObjectNode config = JsonFiles.object();
    config.put("cls_token", ROLES.get("bos_token"));
    config.put("sep_token", ROLES.get("eos_token"));
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put(TokenizerFiles.JSON, JsonFiles.format(json));
    return VocabularyTraining.tokenizer(files, config, ROLES);
  }

  private static ObjectNode byteLevel() {
    ObjectNode part = JsonFiles.object();
    part.put("type", "ByteLevel");
    part.put("add_prefix_space", false);
    part.put("trim_offsets", true);
    part.put("use_regex", true);
    return part;
  }

  private static void addModel(ObjectNode model, PairMerges learnt) {
    model.put("type", "BPE");
    model.putNull("dropout");
    model.putNull("unk_token");
    model.put("continuing_subword_prefix", "");
    model.put("end_of_word_suffix", "");
    model.put("fuse_unk", false);
    model.put("byte_fallback", false);
    model.put("ignore_merges", false);
    ObjectNode vocab = model.putObject("vocab");
    learnt.tokens().forEach(token -> vocab.put(token, vocab.size()));
    ArrayNode merges = model.putArray("merges");
    learnt.merges().forEach(pair -> merges.addArray().add(pair.get(0)).add(pair.get(1)));
  }
}
