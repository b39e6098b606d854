/** What is read in a text: its words, its normal form, its language, personal data. */
package io.github.jaubert.measure.text;
