/** ELECTRA (Clark et al. 2020): an encoder that learnt to tell which tokens were replaced. */
package io.github.jaubert.bert.models.electra;
