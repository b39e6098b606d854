package io.github.jaubert.bert.models.nomic;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;

/**
 * The config.json that lies beside nomic-ai's models, whose fields are GPT-2's and those of the
 * code that came with them.
 */
final class OlderNomicJson {
  private static final String[] FALSE = {
    "prenorm",
    "parallel_block",
    "use_rms_norm",
    "causal",
    "rotary_emb_interleaved",
    "qkv_proj_bias",
    "mlp_fc1_bias",
    "mlp_fc2_bias"
  };
  private static final int TRAINED_POSITIONS = 2048;

  private OlderNomicJson() {}

  static boolean isIn(ConfigJson json) {
    return !json.isAbsent("n_embd");
  }

  /**
   * The same under today's names.
   *
   * @throws CheckpointException if it is another model than transformers has
   */
  static ConfigJson current(ConfigJson json) {
    for (String field : FALSE) {
      json.mustBe(field, "false", "only false is supported");
    }
    require(json, "rotary_emb_fraction", 1);
    require(json, "moe_every_n_layers", 0);
    if (!json.isAbsent("rotary_emb_scale_base")) {
      throw new CheckpointException(json.file(), "rotary_emb_scale_base is not supported");
    }
    ObjectNode now = JsonFiles.object();
    integer(json, "vocab_size", now, "vocab_size");
    integer(json, "n_embd", now, "hidden_size");
    integer(json, "n_layer", now, "num_hidden_layers");
    integer(json, "n_head", now, "num_attention_heads");
    integer(json, "n_inner", now, "intermediate_size");
    integer(json, "type_vocab_size", now, "type_vocab_size");
    integer(json, "pad_token_id", now, "pad_token_id");
    number(json, "resid_pdrop", now, "hidden_dropout_prob");
    number(json, "attn_pdrop", now, "attention_probs_dropout_prob");
    number(json, "initializer_range", now, "initializer_range");
    number(json, "layer_norm_epsilon", now, "layer_norm_eps");
    number(json, "rotary_emb_base", now, "rope_theta");
    now.put("hidden_act", activation(json));
    now.put("max_position_embeddings", positions(json));
    return ConfigJson.of(json.file(), now);
  }

  private static String activation(ConfigJson json) {
    String name = json.text("activation_function", "swiglu");
    return switch (name) {
      case "swiglu" -> "silu";
      case "geglu" -> "gelu";
      default ->
          throw new CheckpointException(
              json.file(), "activation_function '" + name + "' is neither swiglu nor geglu");
    };
  }

  /** A model that scales its rotation for longer texts does so behind those it was trained on. */
  private static int positions(ConfigJson json) {
    int positions = json.integer("n_positions", TRAINED_POSITIONS);
    return json.isAbsent("rotary_scaling_factor")
        ? positions
        : Math.min(positions, json.integer("max_trained_positions", TRAINED_POSITIONS));
  }

  private static void require(ConfigJson json, String field, double wanted) {
    double value = json.number(field, wanted);
    if (value != wanted) {
      throw new CheckpointException(
          json.file(), "%s is %s; only %s is supported".formatted(field, value, wanted));
    }
  }

  private static void integer(ConfigJson json, String name, ObjectNode now, String today) {
    if (!json.isAbsent(name)) {
      now.put(today, json.integer(name, 0));
    }
  }

  private static void number(ConfigJson json, String name, ObjectNode now, String today) {
    if (!json.isAbsent(name)) {
      now.put(today, json.number(name, 0));
    }
  }
}
