package io.github.jaubert.bert.pipeline;

import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.MultiVectorEncoder;
import io.github.jaubert.bert.MultipleChoiceModel;
import io.github.jaubert.bert.QuestionAnswerer;
import io.github.jaubert.bert.SentenceClassifier;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.function.BiFunction;
import java.util.function.Function;

/** From text to answers: a tokenizer and a model together. */
public final class Pipelines {
  private Pipelines() {}

  /**
   * Loads a classifier and its tokenizer from a Hugging Face folder.
   *
   * @throws CheckpointException if either cannot be loaded
   */
  public static TextClassification textClassification(Path folder) {
    return loadClassifier(folder, TextClassification::new);
  }

  /** The same for a folder or the name of a model on a hub, see {@link ModelNames#folder}. */
  public static TextClassification textClassification(String folderOrName) {
    return textClassification(ModelNames.folder(folderOrName, true));
  }

  /**
   * A pipeline of parts, which belong to it from now on; the model is put into evaluation mode.
   *
   * @throws IllegalArgumentException if the tokenizer's maximum length leaves no room to how the
   *     model reads long texts; the parts are still the caller's then
   */
  public static TextClassification textClassification(
      SequenceClassifier model, Tokenizer tokenizer) {
    return new TextClassification(model, tokenizer);
  }

  /**
   * Loads a classifier that was trained on natural language inference, such as MNLI, and its
   * tokenizer from a Hugging Face folder, to give texts labels that it never saw.
   *
   * @throws CheckpointException if either cannot be loaded, or it has a single output
   */
  public static ZeroShotClassification zeroShotClassification(Path folder) {
    return loadClassifier(folder, ZeroShotClassification::new);
  }

  /** The same for a folder or the name of a model on a hub, see {@link ModelNames#folder}. */
  public static ZeroShotClassification zeroShotClassification(String folderOrName) {
    return zeroShotClassification(ModelNames.folder(folderOrName, true));
  }

  /**
   * A pipeline of parts, which belong to it from now on; the model is put into evaluation mode.
   *
   * @throws IllegalArgumentException if the model has a single output; the parts are still the
   *     caller's then
   */
  public static ZeroShotClassification zeroShotClassification(
      SequenceClassifier model, Tokenizer tokenizer) {
    return new ZeroShotClassification(model, tokenizer);
  }

  /**
   * Loads a cross-encoder and its tokenizer from a folder of sentence-transformers, or another
   * Hugging Face folder of a model for whole texts with one output.
   *
   * @throws CheckpointException if either cannot be loaded, or the model has several outputs
   */
  public static Reranker rerank(Path folder) {
    return loadClassifier(folder, Reranker::new);
  }

  /** The same for a folder or the name of a model on a hub, see {@link ModelNames#folder}. */
  public static Reranker rerank(String folderOrName) {
    return rerank(ModelNames.folder(folderOrName, true));
  }

  /**
   * A pipeline of parts, which belong to it from now on; the model is put into evaluation mode.
   *
   * @throws IllegalArgumentException if the model has several outputs; the parts are still the
   *     caller's then
   */
  public static Reranker rerank(SequenceClassifier model, Tokenizer tokenizer) {
    return new Reranker(model, tokenizer);
  }

  /**
   * Loads a classifier of tokens and its tokenizer from a Hugging Face folder.
   *
   * @throws CheckpointException if either cannot be loaded
   */
  public static TokenClassification tokenClassification(Path folder) {
    return load(folder, TokenClassifier::fromPretrained, TokenClassification::new);
  }

  /** The same for a folder or the name of a model on a hub, see {@link ModelNames#folder}. */
  public static TokenClassification tokenClassification(String folderOrName) {
    return tokenClassification(ModelNames.folder(folderOrName, true));
  }

  /** A pipeline of parts, which belong to it from now on; the model is put into evaluation mode. */
  public static TokenClassification tokenClassification(
      TokenClassifier model, Tokenizer tokenizer) {
    return new TokenClassification(model, tokenizer);
  }

  /**
   * Loads a classifier of sentences' vectors and its tokenizer from a folder that {@link
   * SentenceClassifier#save} wrote.
   *
   * @throws CheckpointException if either cannot be loaded
   */
  public static SentenceClassification sentenceClassification(Path folder) {
    return load(folder, SentenceClassifier::fromPretrained, Pipelines::sentenceClassification);
  }

  /** The same for a folder or the name of a model on a hub, see {@link ModelNames#folder}. */
  public static SentenceClassification sentenceClassification(String folderOrName) {
    return sentenceClassification(ModelNames.folder(folderOrName, true));
  }

  /**
   * A pipeline of parts, which belong to it from now on; the model is put into evaluation mode.
   * Texts are cut to {@link SentenceEncoder#maxLength()}.
   */
  public static SentenceClassification sentenceClassification(
      SentenceClassifier model, Tokenizer tokenizer) {
    return new SentenceClassification(model, cutTo(model.encoder().maxLength(), tokenizer));
  }

  /**
   * Loads an encoder of sentences and its tokenizer from a folder of sentence-transformers, or from
   * another Hugging Face folder, see {@link SentenceEncoder#fromPretrained}.
   *
   * @throws CheckpointException if either cannot be loaded
   */
  public static Embeddings embeddings(Path folder) {
    return load(folder, SentenceEncoder::fromPretrained, Pipelines::embeddings);
  }

  /** The same for a folder or the name of a model on a hub, see {@link ModelNames#folder}. */
  public static Embeddings embeddings(String folderOrName) {
    return embeddings(ModelNames.folder(folderOrName, true));
  }

  /**
   * A pipeline of parts, which belong to it from now on; the model is put into evaluation mode.
   * Texts are cut to {@link SentenceEncoder#maxLength()}.
   */
  public static Embeddings embeddings(SentenceEncoder model, Tokenizer tokenizer) {
    return new Embeddings(model, cutTo(model.maxLength(), tokenizer));
  }

  /**
   * Loads a ColBERT model and its tokenizer from a folder of PyLate, sentence-transformers or
   * Stanford's ColBERT, see {@link MultiVectorEncoder#fromPretrained}.
   *
   * @throws CheckpointException if either cannot be loaded, or the vocabulary lacks a marker
   */
  public static LateInteraction lateInteraction(Path folder) {
    return load(
        folder,
        MultiVectorEncoder::fromPretrained,
        (model, tokenizer) -> {
          try {
            return lateInteraction(model, tokenizer);
          } catch (IllegalArgumentException e) {
            model.close();
            throw new CheckpointException(folder.toString(), e.getMessage(), e);
          }
        });
  }

  /** The same for a folder or the name of a model on a hub, see {@link ModelNames#folder}. */
  public static LateInteraction lateInteraction(String folderOrName) {
    return lateInteraction(ModelNames.folder(folderOrName, true));
  }

  /**
   * A pipeline of parts, which belong to it from now on; the model is put into evaluation mode.
   *
   * @throws IllegalArgumentException if the vocabulary lacks a marker or the mask; the parts are
   *     still the caller's then
   */
  public static LateInteraction lateInteraction(MultiVectorEncoder model, Tokenizer tokenizer) {
    return new LateInteraction(model, tokenizer);
  }

  /** A tokenizer that cuts to a length at most; the other is closed if it is not this one. */
  private static Tokenizer cutTo(int length, Tokenizer tokenizer) {
    if (tokenizer.maxLength() <= length) {
      return tokenizer;
    }
    try (tokenizer) {
      return tokenizer.withMaxLength(length);
    }
  }

  /**
   * Loads a model for masked tokens and its tokenizer from a Hugging Face folder.
   *
   * @throws CheckpointException if either cannot be loaded, there is no head for masked tokens, or
   *     the tokenizer has no token for them that the model knows
   */
  public static FillMask fillMask(Path folder) {
    return load(
        folder,
        MaskedLanguageModel::fromPretrained,
        (model, tokenizer) -> {
          try {
            return fillMask(model, tokenizer);
          } catch (IllegalArgumentException e) {
            model.close();
            throw new CheckpointException(folder.toString(), e.getMessage(), e);
          }
        });
  }

  /** The same for a folder or the name of a model on a hub, see {@link ModelNames#folder}. */
  public static FillMask fillMask(String folderOrName) {
    return fillMask(ModelNames.folder(folderOrName, true));
  }

  /**
   * A pipeline of parts, which belong to it from now on; the model is put into evaluation mode.
   *
   * @throws IllegalArgumentException if the tokenizer has no token for masked ones that the model
   *     knows; the parts are still the caller's then
   */
  public static FillMask fillMask(MaskedLanguageModel model, Tokenizer tokenizer) {
    return new FillMask(model, tokenizer);
  }

  /**
   * Loads a model for questions and its tokenizer from a Hugging Face folder. Contexts are read in
   * windows of 384 tokens, or as many as both take, with a stride of 128, or half a shorter window.
   *
   * @throws CheckpointException if either cannot be loaded
   */
  public static QuestionAnsweringPipeline questionAnswering(Path folder) {
    return load(
        folder,
        QuestionAnswerer::fromPretrained,
        (model, tokenizer) -> {
          int length = QuestionAnsweringPipeline.usualLength(model, tokenizer);
          try {
            int stride = QuestionAnsweringPipeline.usualStride(length);
            return questionAnswering(model, tokenizer, length, stride);
          } catch (IllegalArgumentException e) {
            model.close();
            throw new CheckpointException(folder.toString(), e.getMessage(), e);
          }
        });
  }

  /** The same for a folder or the name of a model on a hub, see {@link ModelNames#folder}. */
  public static QuestionAnsweringPipeline questionAnswering(String folderOrName) {
    return questionAnswering(ModelNames.folder(folderOrName, true));
  }

  /**
   * A pipeline of parts, which belong to it from now on; the model is put into evaluation mode.
   *
   * @param maxLength the most tokens of a window: question, special tokens and a part of the
   *     context
   * @param stride how many tokens of the context two neighbouring windows have in common
   * @throws IllegalArgumentException if the stride leaves no room in a window, or windows are
   *     longer than the model takes; the parts are still the caller's then
   */
  public static QuestionAnsweringPipeline questionAnswering(
      QuestionAnswerer model, Tokenizer tokenizer, int maxLength, int stride) {
    int positions = model.config().maxPositionEmbeddings();
    if (maxLength > positions) {
      throw new IllegalArgumentException(
          "windows of %d tokens: the model has %d positions".formatted(maxLength, positions));
    }
    return new QuestionAnsweringPipeline(model, tokenizer, maxLength, stride);
  }

  /**
   * Loads a model that chooses and its tokenizer from a Hugging Face folder.
   *
   * @throws CheckpointException if either cannot be loaded
   */
  public static MultipleChoicePipeline multipleChoice(Path folder) {
    return load(folder, MultipleChoiceModel::fromPretrained, MultipleChoicePipeline::new);
  }

  /** The same for a folder or the name of a model on a hub, see {@link ModelNames#folder}. */
  public static MultipleChoicePipeline multipleChoice(String folderOrName) {
    return multipleChoice(ModelNames.folder(folderOrName, true));
  }

  /** A pipeline of parts, which belong to it from now on; the model is put into evaluation mode. */
  public static MultipleChoicePipeline multipleChoice(
      MultipleChoiceModel model, Tokenizer tokenizer) {
    return new MultipleChoicePipeline(model, tokenizer);
  }

  /** Loads a classifier that may not be what a pipeline is for. */
  private static <P> P loadClassifier(
      Path folder, BiFunction<SequenceClassifier, Tokenizer, P> pipeline) {
    return load(
        folder,
        SequenceClassifier::fromPretrained,
        (model, tokenizer) -> {
          try {
            return pipeline.apply(model, tokenizer);
          } catch (IllegalArgumentException e) {
            model.close();
            throw new CheckpointException(folder.toString(), e.getMessage(), e);
          } catch (RuntimeException | Error e) {
            model.close();
            throw e;
          }
        });
  }

  private static <M, P> P load(
      Path folder, Function<Path, M> model, BiFunction<M, Tokenizer, P> pipeline) {
    Tokenizer tokenizer = Tokenizer.fromPretrained(folder);
    try {
      return pipeline.apply(model.apply(folder), tokenizer);
    } catch (RuntimeException | Error e) {
      tokenizer.close();
      throw e;
    }
  }
}
