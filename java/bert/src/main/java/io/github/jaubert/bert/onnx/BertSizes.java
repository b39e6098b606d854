package io.github.jaubert.bert.onnx;

import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.models.albert.AlbertConfig;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.models.distilbert.DistilBertConfig;
import io.github.jaubert.bert.models.electra.ElectraConfig;
import io.github.jaubert.bert.models.ernie.ErnieConfig;
import io.github.jaubert.bert.models.mpnet.MpNetConfig;
import io.github.jaubert.bert.models.roberta.RobertaConfig;
import io.github.jaubert.nn.Activation;
import java.util.function.IntFunction;

/**
 * In what encoders differ whose layers are BERT's.
 *
 * @param eps what norms add to the variance
 * @param firstPosition of a text's first token, in the table of positions
 * @param projection the linear layer behind the embeddings, if the model has one
 * @param layer the beginning of the names of the parameters of the layer at a place, from 0
 */
record BertSizes(
    int heads,
    Activation activation,
    double eps,
    int firstPosition,
    String projection,
    IntFunction<String> layer,
    Names names) {
  /** What an architecture calls the parts of a layer. */
  record Names(
      String query,
      String key,
      String value,
      String attentionOut,
      String attentionNorm,
      String inner,
      String outer,
      String outerNorm) {
    private static final Names BERT =
        new Names(
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
            "attention.output.LayerNorm",
            "intermediate.dense",
            "output.dense",
            "output.LayerNorm");
    private static final Names DISTILBERT =
        new Names(
            "attention.q_lin",
            "attention.k_lin",
            "attention.v_lin",
            "attention.out_lin",
            "sa_layer_norm",
            "ffn.lin1",
            "ffn.lin2",
            "output_layer_norm");
    private static final Names ALBERT =
        new Names(
            "attention.query",
            "attention.key",
            "attention.value",
            "attention.dense",
            "attention.LayerNorm",
            "ffn",
            "ffn_output",
            "full_layer_layer_norm");
    private static final Names MPNET =
        new Names(
            "attention.attn.q",
            "attention.attn.k",
            "attention.attn.v",
            "attention.attn.o",
            "attention.LayerNorm",
            "intermediate.dense",
            "output.dense",
            "output.LayerNorm");
  }

  static BertSizes of(EncoderConfig config) {
    if (config instanceof BertConfig bert) {
      return of(config, bert, 0, Names.BERT);
    }
    if (config instanceof ElectraConfig electra) {
      return of(config, electra.bert(), 0, Names.BERT);
    }
    if (config instanceof ErnieConfig ernie) {
      return of(config, ernie.bert(), 0, Names.BERT);
    }
    if (config instanceof RobertaConfig roberta) {
      int first = roberta.positionRows() - roberta.maxPositionEmbeddings();
      return of(config, roberta.bert(), first, Names.BERT);
    }
    if (config instanceof MpNetConfig mpnet) {
      return of(config, mpnet.bert(), MpNetConfig.FIRST_POSITION, Names.MPNET);
    }
    if (config instanceof AlbertConfig albert) {
      return albert(albert);
    }
    if (config instanceof DistilBertConfig distil) {
      return new BertSizes(
          distil.nHeads(),
          distil.headActivation(),
          1e-12,
          0,
          "",
          byNumber(config),
          Names.DISTILBERT);
    }
    throw new IllegalArgumentException(
        "%s cannot be written as ONNX yet; BERT, DistilBERT, ELECTRA, ERNIE, RoBERTa, ALBERT, MPNet, ModernBERT, Nomic BERT and GTE can"
            .formatted(config.architecture().name()));
  }

  private static BertSizes of(
      EncoderConfig config, BertConfig bert, int firstPosition, Names names) {
    return new BertSizes(
        bert.numAttentionHeads(),
        bert.activation(),
        bert.layerNormEps(),
        firstPosition,
        "embeddings_project",
        byNumber(config),
        names);
  }

  private static IntFunction<String> byNumber(EncoderConfig config) {
    return place -> config.architecture().layers() + "." + place + ".";
  }

  /** Layers of a group stand where BERT has one, and groups are divided among the places. */
  private static BertSizes albert(AlbertConfig albert) {
    int inner = albert.innerGroupNum();
    double places = (double) albert.numHiddenLayers() / albert.numHiddenGroups();
    return new BertSizes(
        albert.bert().numAttentionHeads(),
        albert.bert().activation(),
        albert.layerNormEps(),
        0,
        "encoder.embedding_hidden_mapping_in",
        place ->
            albert.architecture().layers()
                + "."
                + (int) (place / inner / places)
                + ".albert_layers."
                + place % inner
                + ".",
        Names.ALBERT);
  }
}
