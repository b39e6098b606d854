package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.tokenizer.training.Alphabet;
import io.github.jaubert.bert.tokenizer.training.PairMerges;
import io.github.jaubert.bert.tokenizer.training.StringCounts;
import io.github.jaubert.bert.tokenizer.training.WordCounts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the trainers of vocabularies share: words are counted, and their characters joined to
 * tokens.
 *
 * @param size the tokens that are wanted
 * @param special the first of them
 * @param prefix what marks a token that continues a word, or ""
 * @param minFrequency how often a pair must occur to become a token
 * @param initialAlphabet characters that are tokens in any case
 * @param limitAlphabet how many characters are
 */
record VocabularyTraining(
    int size,
    List<String> special,
    String prefix,
    int minFrequency,
    int[] initialAlphabet,
    int limitAlphabet,
    VocabularyListener listener) {
  private static final Logger LOG = LoggerFactory.getLogger(Tokenizer.class);

  /** Texts are read until they have so many characters, then counted with all cores. */
  private static final int CHARACTERS_AT_ONCE = 1 << 22;

  private static final int MERGES_AT_ONCE = 256;

  /**
   * Reads texts once and makes the tokens.
   *
   * @param json a tokenizer.json, of which the normalizer and the pre_tokenizer count
   */
  PairMerges train(Iterable<String> texts, ObjectNode json) {
    StringCounts words = words(texts, json);
    int[] alphabet = Alphabet.of(words, initialAlphabet, limitAlphabet);
    PairMerges merges = new PairMerges(words, special, alphabet, prefix);
    int characters = merges.tokens().size() - special.size();
    if (merges.tokens().size() > size) {
      throw new IllegalArgumentException(
          "a vocabulary of %,d tokens cannot hold the %d special ones and %,d for the %,d characters of the texts%s; want %,d tokens or more, or fewer characters"
              .formatted(
                  size,
                  special.size(),
                  characters,
                  alphabet.length,
                  prefix.isEmpty() ? "" : " at the start and inside of words",
                  merges.tokens().size()));
    }
    merges.learn(
        size,
        minFrequency,
        tokens -> {
          if (tokens % MERGES_AT_ONCE == 0) {
            listener.learned(tokens, size);
            checkInterrupt(tokens + " of " + size + " tokens were made");
          }
        });
    int got = merges.tokens().size();
    listener.learned(got, size);
    if (got < size) {
      LOG.warn(
          "{} tokens were wanted, but the texts give only {}: no other pair of tokens in their {} different words occurs {} times or more",
          size,
          got,
          words.size(),
          minFrequency);
    }
    return merges;
  }

  private StringCounts words(Iterable<String> texts, ObjectNode json) {
    try (WordSplitter splitter = new WordSplitter(json)) {
      WordCounts counts = new WordCounts(splitter::words);
      List<String> batch = new ArrayList<>();
      long read = 0;
      long characters = 0;
      long batchEnd = CHARACTERS_AT_ONCE;
      for (String text : texts) {
        if (text == null) {
          throw new IllegalArgumentException("the text number " + read + ", from 0, is null");
        }
        batch.add(text);
        read++;
        characters += text.length() + 1; // texts without one take memory, too
        if (characters >= batchEnd) {
          counts.add(batch);
          batch.clear();
          batchEnd = characters + CHARACTERS_AT_ONCE;
          listener.counted(read, characters - read);
          checkInterrupt(read + " texts were read");
        }
      }
      counts.add(batch);
      StringCounts words = counts.words();
      listener.counted(read, characters - read);
      if (counts.leftOut() > 0) {
        LOG.warn(
            "{} words of more than {} characters were left out; the longest has {}",
            counts.leftOut(),
            WordCounts.LONGEST_WORD,
            counts.longest());
      }
      if (words.size() == 0) {
        throw new IllegalArgumentException(
            "no words to learn a vocabulary from: %,d texts with %,d characters were read%s"
                .formatted(
                    read,
                    characters - read,
                    counts.leftOut() == 0
                        ? ""
                        : ", whose words all have more than %,d characters"
                            .formatted(WordCounts.LONGEST_WORD)));
      }
      return words;
    }
  }

  // ---- what goes in and comes out ----

  static void checkSize(int size, int least) {
    if (size < least || size > Vocabulary.LARGEST_ID) {
      throw new IllegalArgumentException(
          "a vocabulary of %,d tokens; %,d to %,d are possible"
              .formatted(size, least, Vocabulary.LARGEST_ID));
    }
  }

  static int checkFrequency(int times) {
    if (times < 1) {
      throw new IllegalArgumentException(
          "a frequency of at least " + times + "; 1 or more is possible");
    }
    return times;
  }

  /** Special tokens by what they are for, in the order of their ids. */
  static Map<String, String> roles(String... rolesAndTokens) {
    Map<String, String> roles = new LinkedHashMap<>();
    for (int i = 0; i < rolesAndTokens.length; i += 2) {
      roles.put(rolesAndTokens[i], rolesAndTokens[i + 1]);
    }
    return Collections.unmodifiableMap(roles);
  }

  /**
   * The tokenizer of what was learnt.
   *
   * @param files the vocabulary, as vocab.txt or tokenizer.json
   * @param config what tokenizer_config.json says beside the special tokens
   */
  static Tokenizer tokenizer(
      Map<String, byte[]> files, ObjectNode config, Map<String, String> roles) {
    config.put("model_max_length", 512);
    ObjectNode map = JsonFiles.object();
    for (String role : List.of("cls_token", "sep_token")) {
      if (config.has(role)) {
        map.set(role, config.get(role));
      }
    }
    roles.forEach(map::put);
    config.setAll(map);
    files.put(TokenizerFiles.CONFIG, JsonFiles.format(config));
    files.put(TokenizerFiles.SPECIAL, JsonFiles.format(map));
    return Tokenizer.of(TokenizerFiles.of(files));
  }

  private static void checkInterrupt(String done) {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancellationException("training the vocabulary was interrupted after " + done);
    }
  }
}
