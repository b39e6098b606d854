package io.github.jaubert.bert.own;

import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.EncoderLayer;
import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.HeadType;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;

/**
 * A head from outside the library: where an answer begins and ends, as BertForQuestionAnswering.
 */
final class SpanFinder extends EncoderModel<SpanFinder> {
  private static final HeadType TYPE =
      new HeadType(SpanFinder.class, "QuestionAnswering", "questions", "qa_outputs.weight", false);

  private final Linear outputs;

  private SpanFinder(Encoder encoder) {
    super(TYPE, encoder);
    outputs = add("qa_outputs", EncoderLayer.linear(config().hiddenSize(), 2));
  }

  static SpanFinder of(Encoder encoder) {
    return new SpanFinder(encoder).initialiseHead();
  }

  static SpanFinder fromPretrained(Path folder) {
    return load(folder, TYPE, SpanFinder::new);
  }

  /** {@code [tokens, 2]}. */
  @Override
  public Tensor forward(TokenInputs inputs) {
    return outputs.forward(encoder().forward(inputs).lastHidden().to(DType.F32));
  }
}
