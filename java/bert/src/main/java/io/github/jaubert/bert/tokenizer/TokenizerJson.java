package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SentencePieceModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.helpers.NOPLogger;

/**
 * tokenizer.json as it is to be read beside the other files of its folder. Where they disagree,
 * transformers (5.18) decides: of the tokenizers of BERT it takes no more than the vocabulary and
 * the added tokens from tokenizer.json, and the rest from tokenizer_config.json or its own
 * defaults.
 */
final class TokenizerJson {
  private static final Logger LOG = LoggerFactory.getLogger(Tokenizer.class);

  /** Those that are BERT's under another name. */
  private static final Set<String> OF_BERT =
      Set.of(
          "BertTokenizer",
          "ConvBertTokenizer",
          "DPRContextEncoderTokenizer",
          "DPRQuestionEncoderTokenizer",
          "DPRReaderTokenizer",
          "DistilBertTokenizer",
          "ElectraTokenizer",
          "MobileBertTokenizer",
          "SqueezeBertTokenizer");

  /** What a config.json without a tokenizer's class calls models that have BERT's. */
  private static final Set<String> MODELS_OF_BERT =
      Set.of("bert", "distilbert", "electra", "ernie", "mobilebert", "convbert", "nomic_bert");

  /** The tokenizer that does as tokenizer.json says, with what is missing there. */
  private static final String FAST = "PreTrainedTokenizerFast";

  /** Its names. */
  private static final Set<String> GENERAL =
      Set.of("PreTrainedTokenizer", FAST, "TokenizersBackend");

  private final Logger log;
  private final UnaryOperator<String> names;
  private final ObjectNode model;
  private final ObjectNode config;
  private final ObjectNode specialMap;
  private final ObjectNode addedList;

  /**
   * @param names what a file of the folder is called in messages
   * @param model config.json of the model, empty if there is none, as the others
   * @param config tokenizer_config.json
   * @param specialMap special_tokens_map.json
   * @param addedList added_tokens.json
   */
  TokenizerJson(
      UnaryOperator<String> names,
      ObjectNode model,
      ObjectNode config,
      ObjectNode specialMap,
      ObjectNode addedList) {
    this(LOG, names, model, config, specialMap, addedList);
  }

  private TokenizerJson(
      Logger log,
      UnaryOperator<String> names,
      ObjectNode model,
      ObjectNode config,
      ObjectNode specialMap,
      ObjectNode addedList) {
    this.log = log;
    this.names = names;
    this.model = model;
    this.config = config;
    this.specialMap = specialMap;
    this.addedList = addedList;
  }

  /** The tokenizer.json of a vocab.txt. */
  ObjectNode ofVocabulary(Map<String, Integer> ids) {
    ObjectNode none = JsonFiles.object();
    return kind(none).equals(MpNetJson.CLASS)
        ? mpnet(TokenizerFiles.VOCABULARY, ids, none)
        : bert(TokenizerFiles.VOCABULARY, ids, none);
  }

  /** The tokenizer.json in place of one that was read, or that one if it says all. */
  ObjectNode of(ObjectNode json) {
    ObjectNode wanted = read(json, kind(json));
    List<String> changed = new ArrayList<>();
    for (String part : List.of("normalizer", "pre_tokenizer", "post_processor", "added_tokens")) {
      if (!wanted.path(part).equals(json.path(part))) {
        changed.add(part);
      }
    }
    if (!changed.isEmpty()) {
      String warning =
          "%s: as in transformers, %s come not from this file, but from tokenizer_config.json and what lies beside it: %s"
              .formatted(
                  names.apply(TokenizerFiles.JSON),
                  String.join(", ", changed),
                  wanted.path(changed.get(0)));
      log.warn(CheckpointException.shortened(warning));
    }
    return wanted.equals(json) ? json : wanted;
  }

  /** The class of the tokenizer, without the Fast that all of them are. */
  private String kind(ObjectNode json) {
    String kind = config.path("tokenizer_class").asText(model.path("tokenizer_class").asText(""));
    if (kind.isEmpty()) {
      String roberta = RobertaJson.CLASSES.get(model.path("model_type").asText());
      if (roberta != null) {
        return roberta;
      }
      if (model.path("model_type").asText().equals(MpNetJson.MODEL) && isWordPiece(json)) {
        return MpNetJson.CLASS;
      }
      boolean bert = MODELS_OF_BERT.contains(model.path("model_type").asText("bert"));
      return bert && isWordPiece(json) ? "BertTokenizer" : FAST;
    }
    return kind.endsWith("Fast") && !GENERAL.contains(kind)
        ? kind.substring(0, kind.length() - "Fast".length())
        : kind;
  }

  private static boolean isWordPiece(ObjectNode json) {
    return json.path("model").path("type").asText("WordPiece").equals("WordPiece");
  }

  private ObjectNode read(ObjectNode json, String kind) {
    boolean mpnet = kind.equals(MpNetJson.CLASS);
    if ((OF_BERT.contains(kind) || mpnet) && isWordPiece(json)) {
      Map<String, Integer> ids = Vocabulary.ofModel(json.path("model"));
      ObjectNode wanted =
          mpnet ? mpnet(TokenizerFiles.JSON, ids, json) : bert(TokenizerFiles.JSON, ids, json);
      for (String kept : List.of("version", "truncation", "padding")) {
        wanted.set(kept, json.get(kept));
      }
      return wanted;
    }
    if (RobertaJson.reads(kind, json)) {
      return roberta(json, kind);
    }
    return GENERAL.contains(kind) ? general(json) : json; // of others, tokenizer.json is all
  }

  private ObjectNode bert(String vocabulary, Map<String, Integer> ids, ObjectNode json) {
    SpecialTokens special = special();
    String file = names.apply(vocabulary);
    String unknown = special.text("unk_token");
    if (!ids.containsKey(String.valueOf(unknown))) {
      throw new CheckpointException(
          file, "has no token '" + unknown + "', the unk_token, for words that it does not know");
    }
    JsonNode none = JsonFiles.object().path("");
    ArrayNode added = addedTokens(special, json).numbered(file, ids, ids.size(), none, special);
    for (String role : List.of("cls_token", "sep_token")) {
      String token = special.text(role);
      if (token != null && !ids.containsKey(token)) {
        String warning =
            "%s: has no token '%s', the %s; it was added, as transformers does"
                .formatted(file, token, role);
        log.warn(CheckpointException.shortened(warning));
      }
    }
    return WordPiece.json(names.apply(TokenizerFiles.CONFIG), ids, config, special, added);
  }

  private ObjectNode mpnet(String vocabulary, Map<String, Integer> ids, ObjectNode json) {
    ObjectNode wanted = bert(vocabulary, ids, json);
    Map<String, Integer> all = new HashMap<>(ids);
    wanted
        .path("added_tokens")
        .forEach(token -> all.put(token.path("content").asText(), token.path("id").asInt()));
    wanted.set("post_processor", MpNetJson.processor(special(), all));
    return wanted;
  }

  private ObjectNode roberta(ObjectNode json, String kind) {
    ObjectNode completed = RobertaJson.completed(kind, config);
    SpecialTokens special =
        new SpecialTokens(
            names.apply(TokenizerFiles.CONFIG), completed, specialMap(), RobertaJson.SPECIAL);
    String file = names.apply(TokenizerFiles.JSON);
    JsonNode model = json.path("model");
    ArrayNode added =
        addedTokens(special, json)
            .numbered(
                file,
                Vocabulary.ofModel(model),
                Vocabulary.sizeOfModel(model),
                JsonFiles.object().path(""),
                special);
    return RobertaJson.json(file, kind, json, config, special, added);
  }

  /** The tokenizer.json of a vocab.json and a merges.txt; null if that is not the model's. */
  ObjectNode ofMerges(ObjectNode vocabulary, byte[] merges) {
    ObjectNode json =
        RobertaJson.ofMerges(names.apply(TokenizerFiles.VOCABULARY_JSON), vocabulary, merges);
    String kind = kind(json);
    return RobertaJson.reads(kind, json) ? roberta(json, kind) : null;
  }

  /**
   * The tokenizer.json of a model of SentencePiece; null if no class of tokenizers is known that
   * has such.
   *
   * @param file what it is called in messages
   */
  ObjectNode ofPieces(String file, SentencePieceModel pieces) {
    String kind = kindOfPieces();
    if (!SentencePieceJson.reads(kind)) {
      return null;
    }
    ObjectNode with = config.deepCopy();
    with.set("additional_special_tokens", SentencePieceJson.additional(pieces));
    TokenizerJson reader = new TokenizerJson(log, names, model, with, specialMap, addedList);
    boolean deberta = kind.equals(SentencePieceJson.DEBERTA);
    SpecialTokens special =
        reader.specialTokens(deberta ? SentencePieceJson.ofDeberta() : RobertaJson.SPECIAL);
    ObjectNode json = SentencePieceJson.vocabulary(file, kind, pieces, special);
    if (!deberta) {
      return reader.roberta(json, kind);
    }
    SentencePieceJson.deberta(names.apply(TokenizerFiles.CONFIG), json, config, special);
    JsonNode unigram = json.get("model");
    ArrayNode added =
        reader
            .addedTokens(special, json)
            .numbered(
                file,
                Vocabulary.ofModel(unigram),
                Vocabulary.sizeOfModel(unigram),
                JsonFiles.object().path(""),
                special);
    json.set("added_tokens", added);
    json.set("post_processor", SentencePieceJson.processor(added, special));
    return json;
  }

  private String kindOfPieces() {
    String kind = kind(JsonFiles.object());
    return model.path("model_type").asText().equals(SentencePieceJson.DEBERTA_MODEL)
            && GENERAL.contains(kind)
        ? SentencePieceJson.DEBERTA
        : kind;
  }

  /** Special and added tokens are added, and no others stand around a text if none are said to. */
  private ObjectNode general(ObjectNode json) {
    ObjectNode wanted = JsonFiles.object().setAll(json);
    String padding = json.path("padding").path("pad_token").asText();
    SpecialTokens special =
        specialTokens(padding.isEmpty() ? Map.of() : Map.of("pad_token", padding));
    JsonNode model = json.path("model");
    wanted.set(
        "added_tokens",
        addedTokens(special, json)
            .numbered(
                names.apply(TokenizerFiles.JSON),
                Vocabulary.ofModel(model),
                Vocabulary.sizeOfModel(model),
                json.path("added_tokens"),
                special));
    if (json.path("post_processor").isNull() || json.path("post_processor").isMissingNode()) {
      ObjectNode processor = wanted.putObject("post_processor");
      processor.put("type", "TemplateProcessing");
      processor.putArray("single").add(WordPiece.piece("Sequence", "A", 0));
      processor
          .putArray("pair")
          .add(WordPiece.piece("Sequence", "A", 0))
          .add(WordPiece.piece("Sequence", "B", 1));
      processor.putObject("special_tokens");
    }
    return wanted;
  }

  /** The special tokens; BERT's, RoBERTa's or MPNet's are those that the files do not name. */
  SpecialTokens special() {
    String kind = config.path("tokenizer_class").asText(model.path("tokenizer_class").asText(""));
    boolean ofModel = kind.isEmpty() || GENERAL.contains(kind);
    if (ofModel
        ? model.path("model_type").asText().equals(MpNetJson.MODEL)
        : kind.replaceFirst("Fast$", "").equals(MpNetJson.CLASS)) {
      SpecialTokens special = specialTokens(MpNetJson.SPECIAL);
      return ofModel && !kind.isEmpty() ? special : special.withMaskBehindBlank();
    }
    boolean roberta =
        ofModel
            ? RobertaJson.CLASSES.containsKey(model.path("model_type").asText())
            : RobertaJson.CLASSES.containsValue(kind.replaceFirst("Fast$", ""));
    return specialTokens(roberta ? RobertaJson.SPECIAL : SpecialTokens.OF_BERT);
  }

  private SpecialTokens specialTokens(Map<String, String> usual) {
    return new SpecialTokens(names.apply(TokenizerFiles.CONFIG), config, specialMap(), usual);
  }

  private ObjectNode specialMap() {
    return config.has("added_tokens_decoder") ? JsonFiles.object() : specialMap;
  }

  /** added_tokens_decoder of the config, or else what all other files say. */
  private AddedTokens addedTokens(SpecialTokens special, ObjectNode json) {
    AddedTokens tokens = new AddedTokens(log);
    if (config.has("added_tokens_decoder")) {
      tokens.addDecoder(names.apply(TokenizerFiles.CONFIG), config.path("added_tokens_decoder"));
    } else {
      tokens.addList(names.apply(TokenizerFiles.ADDED), addedList, special);
      tokens.addJson(json.path("added_tokens"));
    }
    return tokens;
  }

  // ---- a tokenizer_config.json for a folder without one ----

  /**
   * The tokenizer_config.json beside which a tokenizer.json is read as it was without one: that of
   * BERT, or one that names no more than the file has.
   *
   * @param file tokenizer.json as it was read
   * @param wanted what was made of it
   */
  ObjectNode missingConfig(ObjectNode file, ObjectNode wanted, int maxLength) {
    SpecialTokens special = special();
    ObjectNode bert = WordPiece.config(wanted, special, maxLength);
    Integer unknown = Vocabulary.ofModel(file.path("model")).get(special.text("unk_token"));
    if (isWordPiece(file) && unknown != null) {
      // A trial: what it would warn of is not what was done.
      TokenizerJson reader =
          new TokenizerJson(NOPLogger.NOP_LOGGER, names, model, bert, specialMap, addedList);
      if (isSame(reader.read(file, "BertTokenizer"), wanted)) {
        return bert;
      }
    }
    ObjectNode config = JsonFiles.object();
    config.put("model_max_length", maxLength);
    String kind = kind(file);
    config.put("tokenizer_class", OF_BERT.contains(kind) ? FAST : kind);
    Set<String> known = new HashSet<>();
    for (JsonNode token : wanted.path("added_tokens")) {
      if (token.path("special").asBoolean()) {
        known.add(token.path("content").asText());
      }
    }
    special
        .named()
        .forEach(
            (role, token) -> {
              if (known.contains(token.get("content").asText())) {
                config.set(role, token.get("content"));
              }
            });
    String padding = file.path("padding").path("pad_token").asText();
    if (!padding.isEmpty() && !known.contains(padding)) {
      config.putNull("pad_token"); // else it is added
    }
    return config;
  }

  private static boolean isSame(ObjectNode json, ObjectNode other) {
    for (String part :
        List.of("added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder")) {
      if (!json.path(part).equals(other.path(part))) {
        return false;
      }
    }
    ObjectNode model = JsonFiles.object().setAll((ObjectNode) other.get("model"));
    model.put("type", "WordPiece"); // some files leave it out
    return json.path("model").equals(model);
  }
}
