/** From text to the tokens of a BERT. */
package io.github.jaubert.bert.tokenizer;
