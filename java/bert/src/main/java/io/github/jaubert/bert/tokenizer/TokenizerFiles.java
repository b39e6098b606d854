package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The files of a tokenizer, kept byte for byte as they were read, so that saving a model gives back
 * what it came with: also settings that Jaubert overrides when it encodes, such as a built-in
 * padding. Of tokenizer.json, tokenizer_config.json and vocab.txt those that were missing are made
 * from the others.
 */
public final class TokenizerFiles {
  static final String JSON = "tokenizer.json";
  static final String CONFIG = "tokenizer_config.json";
  static final String VOCABULARY = "vocab.txt";
  static final String SPECIAL = "special_tokens_map.json";
  static final String ADDED = "added_tokens.json";
  private static final List<String> NAMES = List.of(JSON, CONFIG, VOCABULARY, SPECIAL, ADDED);

  /** The longest input of BERT models that do not say. */
  private static final int DEFAULT_MAX_LENGTH = 512;

  private final Map<String, byte[]> files;
  private final byte[] effective; // tokenizer.json for the native library
  private final String[] vocabulary;
  private final int maxLength;

  private TokenizerFiles(String source, Map<String, byte[]> read, int positions) {
    Map<String, byte[]> all = new LinkedHashMap<>(read);
    ObjectNode config = parse(source, all, CONFIG);
    maxLength = maxLength(config, positions);
    if (!all.containsKey(JSON) || !all.containsKey(CONFIG)) {
      WordPiece.nameSpecialTokens(config, parse(source, all, SPECIAL));
    }
    ObjectNode json;
    if (all.containsKey(JSON)) {
      json = parse(source, all, JSON);
    } else {
      String file = name(source, VOCABULARY);
      json =
          WordPiece.json(
              file,
              WordPiece.readVocabulary(file, all.get(VOCABULARY)),
              config,
              parse(source, all, ADDED));
      all.put(JSON, JsonFiles.format(json));
    }
    TokenizerCheck.check(name(source, JSON), json);
    effective =
        read.containsKey(JSON)
                && read.containsKey(CONFIG)
                && ConfiguredNormalizer.apply(name(source, JSON), json, config)
            ? JsonFiles.format(json)
            : all.get(JSON);
    AddedTokenCheck.check(name(source, JSON), json);
    vocabulary = VocabularyCheck.of(name(source, JSON), json).tokens();
    if (!all.containsKey(CONFIG)) {
      all.put(CONFIG, JsonFiles.format(WordPiece.config(json, config, maxLength)));
    }
    if (!all.containsKey(VOCABULARY)) {
      byte[] lines = WordPiece.writeVocabulary(vocabulary);
      if (lines != null) {
        all.put(VOCABULARY, lines);
      }
    }
    files = Collections.unmodifiableMap(all);
  }

  private TokenizerFiles(
      Map<String, byte[]> files, byte[] effective, String[] vocabulary, int maxLength) {
    this.files = files;
    this.effective = effective;
    this.vocabulary = vocabulary;
    this.maxLength = maxLength;
  }

  /** The same, but tokenizer_config.json says another longest input. */
  TokenizerFiles withMaxLength(int tokens) {
    if (tokens == maxLength) {
      return this; // byte for byte as they were read
    }
    ObjectNode config = JsonFiles.parseObject(CONFIG, files.get(CONFIG));
    config.put("model_max_length", tokens);
    Map<String, byte[]> changed = new LinkedHashMap<>(files);
    changed.put(CONFIG, JsonFiles.format(config));
    return new TokenizerFiles(Collections.unmodifiableMap(changed), effective, vocabulary, tokens);
  }

  /**
   * Reads the tokenizer of a Hugging Face folder: tokenizer.json, or vocab.txt with
   * tokenizer_config.json.
   *
   * @throws CheckpointException if there is none or a file is damaged
   */
  public static TokenizerFiles read(Path folder) {
    TokenizerFiles files = readIfPresent(folder);
    if (files == null) {
      throw new CheckpointException(
          folder.toString(),
          Files.isDirectory(folder)
              ? "has neither tokenizer.json nor vocab.txt"
              : "no such folder");
    }
    return files;
  }

  /** The same, but null if the folder has no tokenizer. */
  public static TokenizerFiles readIfPresent(Path folder) {
    Map<String, byte[]> read = new LinkedHashMap<>();
    for (String name : NAMES) {
      Path file = folder.resolve(name);
      if (Files.exists(file)) {
        try {
          read.put(name, Files.readAllBytes(file));
        } catch (IOException e) {
          throw new CheckpointException(
              file.toString(), "cannot be read: " + CheckpointException.describe(e), e);
        }
      }
    }
    if (!read.containsKey(JSON) && !read.containsKey(VOCABULARY)) {
      return null;
    }
    Path config = folder.resolve("config.json");
    int positions =
        Files.exists(config)
            ? JsonFiles.readObject(config).path("max_position_embeddings").asInt(DEFAULT_MAX_LENGTH)
            : DEFAULT_MAX_LENGTH;
    return new TokenizerFiles(folder.toString(), read, positions);
  }

  /**
   * A tokenizer of which there is only tokenizer.json.
   *
   * @param name what the file is called in messages
   */
  static TokenizerFiles ofJson(String name, byte[] json) {
    return new TokenizerFiles(name, Map.of(JSON, json), DEFAULT_MAX_LENGTH);
  }

  private static ObjectNode parse(String source, Map<String, byte[]> files, String name) {
    return files.containsKey(name)
        ? JsonFiles.parseObject(name(source, name), files.get(name))
        : JsonFiles.object();
  }

  /** The name of a file for messages; a source that is itself the tokenizer.json keeps its name. */
  private static String name(String source, String file) {
    return source.endsWith(".json") ? source : Path.of(source, file).toString();
  }

  /**
   * The smaller of what the config says, which may be absurdly large for "no limit", and the
   * positions of the model.
   */
  private static int maxLength(ObjectNode config, int positions) {
    JsonNode length = config.path("model_max_length");
    double limit = length.isNumber() && length.asDouble() >= 1 ? length.asDouble() : positions;
    return (int) Math.max(1, Math.min(limit, positions));
  }

  /** The files by name, to be written to a folder. The arrays must not be changed. */
  public Map<String, byte[]> files() {
    return files;
  }

  /** tokenizer.json as it is to be read, with what tokenizer_config.json says of it. */
  byte[] tokenizerJson() {
    return effective;
  }

  /** The tokens by id; an id without a token has null. */
  String[] vocabulary() {
    return vocabulary;
  }

  /** The most tokens the model takes. */
  int maxLength() {
    return maxLength;
  }
}
