/** From text to the tokens of a BERT, and vocabularies of one's own. */
package io.github.jaubert.bert.tokenizer;
