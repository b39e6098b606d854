package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AdapterFolder;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SentencePieceModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

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
  static final String VOCABULARY_JSON = "vocab.json";
  static final String MERGES = "merges.txt";

  /** Models of SentencePiece, which are read where there is nothing else. */
  private static final List<String> SENTENCE_PIECE =
      List.of("sentencepiece.bpe.model", "spm.model", "spiece.model");

  private static final String REMEDY =
      "; others need a tokenizer.json, which transformers makes of it:"
          + " AutoTokenizer.from_pretrained(folder).save_pretrained(folder)";

  private static final List<String> NAMES =
      List.of(JSON, CONFIG, VOCABULARY, SPECIAL, ADDED, VOCABULARY_JSON, MERGES);

  /** The longest input of BERT models that do not say. */
  private static final int DEFAULT_MAX_LENGTH = 512;

  /** Behind which a rotation that is scaled for longer texts would be another one. */
  private static final int TRAINED_POSITIONS = 2048;

  private final Map<String, byte[]> files;
  private final byte[] effective; // tokenizer.json for the native library
  private final byte[] whole; // the same with all that a token may be
  private final Vocabulary vocabulary;
  private final SpecialTokens special;
  private final EmptyTokenCheck emptyTokens;
  private final TextCuts cuts;
  private final WordPieceDecoder wordPieces;
  private final boolean keepsEnd;
  private final int maxLength;
  private final ObjectNode model; // null: nothing is known of the model

  /**
   * @param names what a file is called in messages
   * @param model config.json of the model, or null if the tokenizer did not come from a folder:
   *     then tokenizer.json is all there is to know
   */
  private TokenizerFiles(UnaryOperator<String> names, Map<String, byte[]> read, ObjectNode model) {
    this.model = model;
    Map<String, byte[]> all = new LinkedHashMap<>(read);
    ObjectNode config = parse(names, all, CONFIG);
    TokenizerJson reader =
        new TokenizerJson(
            names,
            model == null ? JsonFiles.object() : model,
            config,
            parse(names, all, SPECIAL),
            parse(names, all, ADDED));
    special = reader.special();
    maxLength = maxLength(config, model);
    String name = names.apply(JSON);
    ObjectNode file;
    ObjectNode json;
    Vocabulary ofFile = null;
    if (all.containsKey(JSON)) {
      file = parse(names, all, JSON);
      ofFile = TokenizerCheck.check(name, file);
      json = model == null ? file : reader.of(file);
    } else if (hasMerges(all)) {
      file = reader.ofMerges(parse(names, all, VOCABULARY_JSON), all.get(MERGES));
      if (file == null) {
        throw new CheckpointException(
            names.apply(VOCABULARY_JSON),
            "is read for RoBERTa's tokenizer alone; others need a tokenizer.json");
      }
      json = file;
      all.put(JSON, JsonFiles.format(json));
    } else if (pieces(all) != null) {
      String pieces = pieces(all);
      SentencePieceModel spm = SentencePieceModel.read(names.apply(pieces), all.get(pieces));
      file = reader.ofPieces(names.apply(pieces), spm);
      if (file == null) {
        throw new CheckpointException(
            names.apply(pieces), "is read for XLM-RoBERTa, CamemBERT and DeBERTa-v2" + REMEDY);
      }
      json = file;
      all.put(JSON, JsonFiles.format(json));
      ObjectNode named =
          all.containsKey(CONFIG) ? config : reader.missingConfig(file, json, maxLength);
      named.set("additional_special_tokens", SentencePieceJson.additional(spm));
      all.put(CONFIG, JsonFiles.format(named));
    } else {
      file =
          reader.ofVocabulary(
              WordPiece.readVocabulary(names.apply(VOCABULARY), all.get(VOCABULARY)));
      json = file;
      all.put(JSON, JsonFiles.format(json));
    }
    keepsEnd = keepsEnd(names.apply(CONFIG), json, config);
    json = withTruncationSide(json, keepsEnd);
    vocabulary = json == file && ofFile != null ? ofFile : TokenizerCheck.check(name, json);
    whole = json == file ? all.get(JSON) : JsonFiles.format(json);
    boolean splits = WordPiece.flag(names.apply(CONFIG), config, SplitSpecialTokens.KEY, false);
    ObjectNode found = splits ? SplitSpecialTokens.of(json) : json;
    effective = splits ? JsonFiles.format(found) : whole;
    cuts = TextCuts.of(found);
    wordPieces = WordPieceDecoder.of(json);
    emptyTokens = new EmptyTokenCheck(name, json.path("normalizer"), json.path("added_tokens"));
    if (!all.containsKey(CONFIG)) {
      all.put(CONFIG, JsonFiles.format(reader.missingConfig(file, json, maxLength)));
    }
    if (!all.containsKey(VOCABULARY)) {
      byte[] lines = WordPiece.writeVocabulary(vocabulary.tokens());
      if (lines != null) {
        all.put(VOCABULARY, lines);
      }
    }
    files = Collections.unmodifiableMap(all);
  }

  private TokenizerFiles(TokenizerFiles other, Map<String, byte[]> files, int maxLength) {
    this.model = other.model;
    this.files = files;
    this.effective = other.effective;
    this.whole = other.whole;
    this.vocabulary = other.vocabulary;
    this.special = other.special;
    this.emptyTokens = other.emptyTokens;
    this.cuts = other.cuts;
    this.wordPieces = other.wordPieces;
    this.keepsEnd = other.keepsEnd;
    this.maxLength = maxLength;
  }

  /**
   * Whether a text that is too long loses its start: truncation_side of tokenizer_config.json, or
   * what tokenizer.json says if that does not.
   */
  private static boolean keepsEnd(String file, ObjectNode json, ObjectNode config) {
    JsonNode side = config.path("truncation_side");
    if (side.isMissingNode() || side.isNull()) {
      return json.path("truncation").path("direction").asText().equals("Left");
    }
    if (!side.asText().equals("left") && !side.asText().equals("right")) {
      throw TokenizerCheck.refusal(
          file, "truncation_side", side + "; \"left\" or \"right\" is due");
    }
    return side.asText().equals("left");
  }

  private static boolean hasMerges(Map<String, byte[]> files) {
    return files.containsKey(VOCABULARY_JSON)
        && files.containsKey(MERGES)
        && !files.containsKey(VOCABULARY);
  }

  /** The native library knows the side only from here. */
  private static ObjectNode withTruncationSide(ObjectNode json, boolean keepsEnd) {
    JsonNode truncation = json.path("truncation");
    if (truncation.path("direction").asText().equals("Left") == keepsEnd) {
      return json;
    }
    ObjectNode wanted = JsonFiles.object();
    wanted.put("max_length", DEFAULT_MAX_LENGTH); // all are due; the length is set before use
    wanted.put("strategy", "LongestFirst");
    wanted.put("stride", 0);
    if (truncation.has("max_length")) {
      wanted = truncation.deepCopy();
    }
    wanted.put("direction", keepsEnd ? "Left" : "Right");
    return JsonFiles.object().<ObjectNode>setAll(json).set("truncation", wanted);
  }

  /** The same, but tokenizer_config.json says another longest input. */
  TokenizerFiles withMaxLength(int tokens) {
    if (tokens == maxLength) {
      return this; // byte for byte as they were read
    }
    ObjectNode config = JsonFiles.parseSettings(CONFIG, files.get(CONFIG));
    config.put("model_max_length", tokens);
    Map<String, byte[]> changed = new LinkedHashMap<>(files);
    changed.put(CONFIG, JsonFiles.format(config));
    return new TokenizerFiles(this, Collections.unmodifiableMap(changed), tokens);
  }

  /**
   * The same with more tokens, which are found in a text before its words, as {@code add_tokens} of
   * transformers has them: not special, and normalised as texts are. Those that there are already
   * are left out; others get the next ids.
   *
   * @throws IllegalArgumentException if a token is blank
   */
  public TokenizerFiles withAddedTokens(List<String> tokens) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    for (String token : tokens) {
      if (token.isBlank()) {
        throw new IllegalArgumentException("a token to be added is blank: '" + token + "'");
      }
      if (vocabulary.id(token) == null) {
        ids.putIfAbsent(token, vocabularySize() + ids.size());
      }
    }
    if (ids.isEmpty()) {
      return this;
    }
    ObjectNode json = JsonFiles.parseObject(JSON, files.get(JSON));
    ObjectNode config = JsonFiles.parseSettings(CONFIG, files.get(CONFIG));
    boolean listed = config.path("added_tokens_decoder").isObject();
    ArrayNode list = json.withArray("added_tokens");
    ids.forEach(
        (token, id) -> {
          ObjectNode added = AddedTokens.token(token, false);
          list.add(JsonFiles.object().put("id", id).setAll(added));
          if (listed) {
            config.withObject("added_tokens_decoder").set(Integer.toString(id), added);
          }
        });
    Map<String, byte[]> changed = new LinkedHashMap<>(files);
    changed.put(JSON, JsonFiles.format(json));
    if (listed) {
      changed.put(CONFIG, JsonFiles.format(config));
    }
    if (files.containsKey(ADDED)) {
      ObjectNode added = JsonFiles.parseSettings(ADDED, files.get(ADDED));
      ids.forEach(added::put);
      changed.put(ADDED, JsonFiles.format(added));
    }
    return new TokenizerFiles(name -> name, changed, model);
  }

  /** The number of ids: one more than the largest. */
  public int vocabularySize() {
    return vocabulary.tokens().length;
  }

  /**
   * Reads the tokenizer of a Hugging Face folder: tokenizer.json, or else vocab.txt, vocab.json
   * with merges.txt, or a model of SentencePiece.
   *
   * @throws CheckpointException if there is none or a file is damaged
   */
  public static TokenizerFiles read(Path folder) {
    TokenizerFiles files = readIfPresent(folder);
    if (files == null) {
      throw new CheckpointException(
          folder.toString(),
          Files.isDirectory(folder)
              ? "has neither tokenizer.json nor vocab.txt, nor a model of SentencePiece"
              : "no such folder");
    }
    return files;
  }

  /** The same, but null if the folder has no tokenizer; of an adapter, nor its base. */
  public static TokenizerFiles readIfPresent(Path folder) {
    Map<String, byte[]> read = new LinkedHashMap<>();
    NAMES.forEach(name -> addIfPresent(read, folder, name));
    if (!read.containsKey(JSON) && !read.containsKey(VOCABULARY) && !hasMerges(read)) {
      SENTENCE_PIECE.forEach(name -> addIfPresent(read, folder, name));
    }
    if (!read.containsKey(JSON)
        && !read.containsKey(VOCABULARY)
        && !hasMerges(read)
        && pieces(read) == null) {
      return AdapterFolder.isIn(folder) ? readIfPresent(AdapterFolder.base(folder)) : null;
    }
    Path config = AdapterFolder.config(folder);
    ObjectNode model = Files.exists(config) ? JsonFiles.readObject(config) : JsonFiles.object();
    return new TokenizerFiles(file -> folder.resolve(file).toString(), read, model);
  }

  private static void addIfPresent(Map<String, byte[]> read, Path folder, String name) {
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

  /** The name of the model of SentencePiece among files; null if there is none. */
  private static String pieces(Map<String, byte[]> files) {
    return SENTENCE_PIECE.stream().filter(files::containsKey).findFirst().orElse(null);
  }

  /**
   * A tokenizer of which there is only tokenizer.json.
   *
   * @param name what it is called in messages
   */
  static TokenizerFiles ofJson(String name, byte[] json) {
    return new TokenizerFiles(file -> name, Map.of(JSON, json), null);
  }

  /** Those of a tokenizer that was made here, by name. */
  static TokenizerFiles of(Map<String, byte[]> files) {
    return new TokenizerFiles(name -> name, files, JsonFiles.object());
  }

  private static ObjectNode parse(
      UnaryOperator<String> names, Map<String, byte[]> files, String name) {
    if (!files.containsKey(name)) {
      return JsonFiles.object();
    }
    String file = names.apply(name);
    return name.equals(JSON) // which the native library reads as well
        ? JsonFiles.parseObject(file, files.get(name))
        : JsonFiles.parseSettings(file, files.get(name));
  }

  /**
   * The smaller of what the config says, which may be absurdly large for "no limit", and the
   * positions of the model.
   */
  private static int maxLength(ObjectNode config, ObjectNode model) {
    int positions = model == null ? DEFAULT_MAX_LENGTH : positions(model);
    if (model != null && RobertaJson.CLASSES.containsKey(model.path("model_type").asText())) {
      positions -= model.path("pad_token_id").asInt(1) + 1; // the first ones are never used
    } else if (model != null && model.path("model_type").asText().equals(MpNetJson.MODEL)) {
      positions -= MpNetJson.UNUSED_POSITIONS;
    }
    JsonNode length = config.path(config.has("model_max_length") ? "model_max_length" : "max_len");
    double limit = length.isNumber() && length.asDouble() >= 1 ? length.asDouble() : positions;
    return (int) Math.max(1, Math.min(limit, positions));
  }

  /** As the model's config.json says; that of nomic-ai's own code calls it otherwise. */
  private static int positions(ObjectNode model) {
    int older = model.path("n_positions").asInt(DEFAULT_MAX_LENGTH);
    if (!model.path("rotary_scaling_factor").isMissingNode()
        && !model.path("rotary_scaling_factor").isNull()) {
      older = Math.min(older, model.path("max_trained_positions").asInt(TRAINED_POSITIONS));
    }
    return model.path("max_position_embeddings").asInt(older);
  }

  /** The files by name, to be written to a folder. The arrays must not be changed. */
  public Map<String, byte[]> files() {
    return files;
  }

  /** tokenizer.json as it is to be read, with what tokenizer_config.json says of it. */
  byte[] tokenizerJson() {
    return effective;
  }

  /** The same, but with the special tokens even if they are not to be found in texts. */
  byte[] wholeJson() {
    return whole;
  }

  /** Whether special tokens are not found in texts. */
  boolean splitsSpecialTokens() {
    return effective != whole;
  }

  /** The tokens and their ids. */
  Vocabulary vocabulary() {
    return vocabulary;
  }

  /**
   * The id of the token for something, such as {@code mask_token}; -1 if there is none. Where the
   * files do not say which token it is, it is BERT's.
   */
  int id(String role) {
    String token = special.text(role);
    Integer id = token == null ? null : vocabulary.id(token);
    return id == null ? -1 : id;
  }

  /** The id that stands for a masked token, such as {@code [MASK]}'s; -1 if there is none. */
  public int maskId() {
    return id("mask_token");
  }

  /** What the native library is to be asked before it encodes. */
  EmptyTokenCheck emptyTokens() {
    return emptyTokens;
  }

  /** Where texts may be cut, or null if they must be read whole. */
  TextCuts cuts() {
    return cuts;
  }

  /** How tokens are put together again. */
  WordPieceDecoder wordPieces() {
    return wordPieces;
  }

  /** Whether a text that is too long loses its start, not its end. */
  boolean keepsEnd() {
    return keepsEnd;
  }

  /** The most tokens the model takes. */
  public int maxLength() {
    return maxLength;
  }
}
