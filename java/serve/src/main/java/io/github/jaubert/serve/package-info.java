/**
 * Answers requests with trained models: texts of several callers in one batch ({@link
 * io.github.jaubert.serve.Batcher}), JSON as in Hugging Face's inference API ({@link
 * io.github.jaubert.serve.ServedModel}), and both over HTTP ({@link
 * io.github.jaubert.serve.ModelServer}).
 */
package io.github.jaubert.serve;
