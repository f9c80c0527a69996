#include "search/words.h"

#include "base/names.h"

#include <stdio.h>
#include <string.h>

#define WORD_MAX 64 /* bytes of a word, with the NUL */

#define EARLY                                                                                      \
    "training is not stopped early; of epochs: {values: [5, 10, 20]} one training gives all "      \
    "three "                                                                                       \
    "results"
#define SCHEDULE                                                                                   \
    "the learning rate stays as it is, schedules are not supported; try several with "             \
    "learning_rate: {values: [...]}"
#define LAYERS                                                                                     \
    "the hidden layers, without the input and the output, are one list: layers: {values: [[128], " \
    "[128, 64]]}"
#define DENSE                                                                                      \
    "networks here are dense layers, and layers: [128, 64] are their units; other kinds of "       \
    "layers "                                                                                      \
    "are not supported"
#define AT_THE_TOP "it belongs at the top of the config, not under parameters"
#define SEEDS                                                                                      \
    "seed: 1 at the top of the config is the first seed, and repeats: 3 trains every setting "     \
    "with "                                                                                        \
    "three of them"
#define NOT_SUPPORTED "it is not supported; remove it"
#define OTHER_ACTIVATION "it is not supported; `sweep keys activation` lists those that are"
#define OTHER_LOSS "it is not supported; `sweep keys loss` lists those that are"
#define OTHER_OPTIMIZER "it is not supported; `sweep keys optimizer` lists those that are"
#define OTHER_METRIC "it is not supported; `sweep keys` lists those that are"

#define ANYWHERE "key|hyperparameter"
#define PARAMETER "hyperparameter"

static const struct word table[] = {
    /* The top level of a W&B, Optuna, Ray Tune or scikit-learn file. */
    {"key", "program command project entity job controller image_uri", NULL,
     "concerns W&B's own runner and is ignored", true},
    {"key", "run_cap n_trials num_trials num_samples max_trials trials", NULL,
     "a grid has as many trials as its values make; take fewer values", false},
    {"key",
     "params param_grid param_distributions param_space search_space hyperparameters hparams",
     "parameters", NULL, false},
    {"key", "scoring objective target", "metric", "it is {name: val_accuracy, goal: maximize}",
     false},
    {"key", "direction mode", NULL, "write metric: {name: val_accuracy, goal: maximize}", false},
    {"key", "search strategy algorithm sampler search_alg tuner", "method", NULL, false},
    {"key", "data datasets data_set dataset_name", "dataset", NULL, false},
    {"key", "seeds random_seeds random_seed random_state", "seed",
     "it is the first seed; repeats: 3 trains every setting with three", false},
    {"key", "n_repeats num_repeats replicates n_seeds num_seeds cv folds", "repeats",
     "it is the number of seeds for each setting", false},
    {"key", "study_name experiment experiment_name sweep_name title", "name", NULL, false},
    {"key", "n_jobs jobs threads workers num_workers max_concurrent_trials parallel", NULL,
     "it is an option of the command: --jobs 4", false},
    {"key", "storage database db output results_dir local_dir", NULL,
     "it is an option of the command: --db results/sweep.db", false},
    {"key", "data_dir data_path data_root", NULL, "it is an option of the command: --data-dir DIR",
     false},
    {"key", "save_models keep_model checkpoint save_best_only", "keep_models", NULL, false},
    {"key", "pruner scheduler early_terminate early_stop", NULL, EARLY, false},
    {"method", "random bayes bayesian tpe hyperband asha pbt bohb sobol halving", NULL,
     "it is not supported; use grid, which tries every combination of the values that are listed",
     false},
    {"method", "grid_search grid_sampler exhaustive full cartesian", "grid", NULL, false},
    {"goal", "max maximise maximum higher high up", "maximize", NULL, false},
    {"goal", "min minimise minimum lower low down", "minimize", NULL, false},
    {"value of keep_models", "true yes on every always", "all", NULL, false},
    {"value of keep_models", "false no off never", "none", NULL, false},
    {"key of metric", "target", NULL, "a grid trains all of its trials; remove it", false},
    {"key of metric", "mode direction", "goal", NULL, false},

    /* What is there, in another place. */
    {PARAMETER, "seed random_state random_seed seeds", NULL, SEEDS, false},
    {PARAMETER, "repeats n_repeats num_repeats trials n_trials num_trials replicates cv", NULL,
     SEEDS, false},
    {"hyperparameter", "name description method metric metrics dataset keep_models parameters",
     NULL, AT_THE_TOP, false},

    /* What has another name. */
    {PARAMETER,
     "epoch n_epochs num_epochs nb_epoch nb_epochs max_epochs num_train_epochs max_iter n_iter "
     "iterations num_iterations training_epochs",
     "epochs", NULL, false},
    {PARAMETER,
     "batch bs batchsize minibatch_size mini_batch_size mini_batch train_batch_size "
     "per_device_train_batch_size",
     "batch_size", NULL, false},
    {PARAMETER,
     "eta step_size base_lr init_lr initial_lr learning_rate_init initial_learning_rate rate "
     "lrate",
     "learning_rate", NULL, false},
    {PARAMETER, "val_split valid_split validation_fraction validation_size val_fraction val_size",
     "validation_split", NULL, false},
    {PARAMETER,
     "n_samples num_train train_size n_train num_images n_images train_samples "
     "max_samples subset samples",
     "train_images", NULL, false},
    {PARAMETER, "dropout_rate drop_rate drop_prob dropout_prob p_dropout", "dropout", NULL, false},
    {PARAMETER, "activation_function activation_fn act act_fn hidden_activation nonlinearity",
     "activation", NULL, false},
    {PARAMETER, "final_activation last_activation output_layer_activation", "output_activation",
     NULL, false},
    {PARAMETER, "opt optim solver optimizer_name optimiser", "optimizer", NULL, false},
    {PARAMETER, "criterion loss_fn loss_func objective loss_name cost", "loss", NULL, false},
    {PARAMETER, "init weight_init init_mode kernel_init weights_init weight_initializer",
     "initializer", NULL, false},
    {PARAMETER, "nesterovs_momentum use_nesterov", "nesterov", NULL, false},
    {PARAMETER "|parameter of*", "beta1 b1", "beta_1", NULL, false},
    {PARAMETER "|parameter of*", "beta2 b2", "beta_2", NULL, false},
    {PARAMETER "|parameter of*", "betas", NULL, "beta_1 and beta_2 are given one by one", false},
    {PARAMETER "|parameter of*", "eps", "epsilon", NULL, false},
    {PARAMETER, "wd", "weight_decay", NULL, false},
    {PARAMETER,
     "reg regularization l2_reg l2_regularization l2_penalty l2_lambda lambda "
     "kernel_regularizer weight_penalty",
     "l2", NULL, false},
    {PARAMETER, "l1 l1_reg l1_regularization l1_ratio bias_regularizer activity_regularizer", NULL,
     "the one penalty on weights is l2", false},
    {"parameter of leaky_relu", "alpha slope", "negative_slope", NULL, false},

    /* What is one list here. */
    {ANYWHERE,
     "hidden_layer_sizes hidden_layer_size hidden_layers hidden_units hidden_size hidden_sizes "
     "hidden_dim n_hidden num_hidden hidden fc_layer_size dense_units layer_sizes layer_size "
     "layer_units units n_units num_units neurons n_neurons num_neurons width depth num_layers "
     "n_layers nb_layers architecture dense model network",
     NULL, LAYERS, false},

    /* What is not there. */
    {ANYWHERE,
     "early_stopping early_stopping_rounds patience min_delta tol n_iter_no_change "
     "restore_best_weights early_terminate early_stop callbacks",
     NULL, EARLY, false},
    {ANYWHERE "|parameter of*",
     "lr_schedule lr_scheduler schedule scheduler schedules learning_rate_schedule "
     "learning_rate_scheduler warmup warmup_steps warmup_ratio lr_decay learning_rate_decay decay "
     "decay_rate "
     "decay_steps power_t cosine_decay exponential_decay step_lr gamma reduce_lr_on_plateau "
     "annealing",
     NULL, SCHEDULE, false},
    {ANYWHERE "|layer|key of a layer",
     "conv conv1d conv2d conv3d convolution cnn filters n_filters num_filters "
     "kernel_size kernel strides stride padding max_pool max_pooling max_pooling2d "
     "average_pooling2d "
     "global_average_pooling2d pooling pool_size batch_norm batch_normalization layer_norm "
     "layer_normalization normalization lstm gru rnn embedding attention transformer num_heads "
     "residual flatten reshape input input_shape type",
     NULL, DENSE, false},
    {"layer|key of a layer", "dropout dropout_rate rate", NULL,
     "dropout is a hyperparameter, the same after every hidden layer: dropout: {value: 0.2}",
     false},
    {"key of a layer", "size neurons n_units width output_dim", "units", NULL, false},
    {"key of a layer", "act activation_function", "activation", NULL, false},
    {ANYWHERE,
     "batch_norm_momentum data_augmentation augmentation augment rotation_range shuffle "
     "class_weight sample_weight gpu gpus device devices accelerator precision dtype amp verbose "
     "from_logits label_smoothing bagging",
     NULL, NOT_SUPPORTED, false},
    {ANYWHERE "|parameter of*",
     "clipnorm clipvalue global_clipnorm max_grad_norm gradient_clipping clip grad_clip "
     "use_ema ema_momentum gradient_accumulation_steps loss_scale_factor jit_compile",
     NULL, NOT_SUPPORTED, false},
    {PARAMETER, "bias_initializer use_bias bias", NULL, "biases are always there and start at 0",
     false},

    /* A hyperparameter's own keys. */
    {"key of a hyperparameter", "choices options categories grid grid_search list choice", "values",
     NULL, false},
    {"key of a hyperparameter", "default const constant fixed", "value", NULL, false},
    {"key of a hyperparameter", "low lower start from minimum lower_bound", "min", NULL, false},
    {"key of a hyperparameter", "high upper stop end to maximum upper_bound", "max", NULL, false},
    {"key of a hyperparameter", "step quantum increment by", "q", NULL, false},
    {"key of a hyperparameter", "probabilities", NULL,
     "a grid takes every value, none more often than others; remove it", false},
    {"key of a hyperparameter", "mu sigma mean std a b log base prior sampling", NULL,
     "a grid draws nothing at random; list the values: {values: [...]}", false},
    {"key of a hyperparameter", "range", NULL, "write {min: 1, max: 9} or list the values", false},

    /* Activations. */
    {"activation|output_activation",
     "gelu_new gelu_tanh gelu_fast gelu_approximate quick_gelu gelu_pytorch_tanh", "gelu",
     "(computed exactly, by erf)", false},
    {"activation|output_activation", "logits none passthrough no", "linear", NULL, false},
    {"activation|output_activation", "hyperbolic_tangent tan_h", "tanh", NULL, false},
    {"activation|output_activation", "rectifier rectified_linear", "relu", NULL, false},
    {"activation|output_activation", "step heaviside threshold", "binary_step", NULL, false},
    {"activation|output_activation", "lrelu leaky", "leaky_relu", NULL, false},
    {"activation|output_activation",
     "celu glu hard_shrink hard_silu hard_swish hard_tanh log_sigmoid log_softmax soft_shrink "
     "sparse_plus sparse_sigmoid sparsemax squareplus tanh_shrink rrelu crelu swiglu geglu maxout "
     "snake sin sine cos gaussian",
     NULL, OTHER_ACTIVATION, false},

    /* Optimizers. */
    {"optimizer", "stochastic_gradient_descent gd gradient_descent", "sgd", NULL, false},
    {"optimizer", "momentum nesterov sgd_momentum nesterov_momentum", NULL,
     "it is {name: sgd, momentum: 0.9}, with nesterov: true after Nesterov", false},
    {"optimizer", "adam_w", "adamw", NULL, false},
    {"optimizer", "amsgrad", NULL, "it is {name: adam, amsgrad: true}", false},
    {"optimizer",
     "lion lamb muon adafactor lbfgs l_bfgs rprop radam asgd adabelief adamax_w yogi "
     "nadamw lookahead lars sophia shampoo rectified_adam newton",
     NULL, OTHER_OPTIMIZER, false},

    /* Losses and metrics. */
    {"loss|metric",
     "crossentropy cross_entropy cross_entropy_loss softmax_cross_entropy nll nll_loss "
     "log_loss logloss negative_log_likelihood softmax_crossentropy",
     "categorical_crossentropy", NULL, false},
    {"loss|metric", "bce bce_loss bce_with_logits bce_with_logits_loss binary_cross_entropy",
     "binary_crossentropy", NULL, false},
    {"loss|metric", "mse_loss squared_error l2 l2_loss quadratic", "mean_squared_error", NULL,
     false},
    {"loss|metric", "mae_loss absolute_error l1 l1_loss", "mean_absolute_error", NULL, false},
    {"loss|metric", "smooth_l1 smooth_l1_loss huber_loss", "huber", NULL, false},
    {"loss|metric", "kl kl_div kl_div_loss", "kl_divergence", NULL, false},
    {"loss",
     "mape msle mean_absolute_percentage_error mean_squared_logarithmic_error "
     "cosine_similarity focal focal_loss categorical_focal_crossentropy binary_focal_crossentropy "
     "dice tversky ctc circle triplet contrastive categorical_generalized_cross_entropy "
     "generalized_cross_entropy",
     NULL, OTHER_LOSS, false},
    {"metric", "f1_macro macro_f1 f_score fbeta_score f1score", "f1_score", NULL, false},
    {"metric", "top5 top_5 top_5_accuracy top_k top_k_accuracy top5_accuracy",
     "top_k_categorical_accuracy", NULL, false},
    {"metric", "train_loss training_loss", "loss", NULL, false},
    {"metric", "train_accuracy training_accuracy train_acc", "accuracy", NULL, false},
    {"metric", "validation_accuracy valid_accuracy valid_acc", "val_accuracy", NULL, false},
    {"metric", "validation_loss valid_loss", "val_loss", NULL, false},
    {"metric",
     "auc roc_auc pr_auc average_precision mean_io_u iou r2 r2_score mcc "
     "matthews_corrcoef cohen_kappa kappa balanced_accuracy mape msle perplexity specificity "
     "sensitivity specificity_at_sensitivity confusion_matrix fbeta error error_rate hamming_loss",
     NULL, OTHER_METRIC, false},

    /* Initializers. */
    {"initializer", "glorot xavier", "glorot_uniform", NULL, false},
    {"initializer", "he kaiming kaiming_uniform", "he_uniform", NULL, false},
    {"initializer", "kaiming_normal", "he_normal", NULL, false},
    {"initializer", "lecun", "lecun_uniform", NULL, false},
    {"initializer", "normal gaussian", "random_normal", NULL, false},
    {"initializer", "uniform", "random_uniform", NULL, false},
    {"initializer", "zero", "zeros", NULL, false},
    {"initializer", "one", "ones", NULL, false},
    {"initializer", "orthogonal identity variance_scaling constant", NULL,
     "it is not supported; `sweep keys initializer` lists those that are", false},
};

/* Copy the next of the pieces between separators; false after the last. */
static bool next_piece(const char **pieces, char separator, char piece[WORD_MAX]) {
    const char separators[] = {separator, '\0'};
    const size_t length = strcspn(*pieces, separators);
    if (length == 0)
        return false;
    snprintf(piece, WORD_MAX, "%.*s", (int)length, *pieces);
    *pieces += length + ((*pieces)[length] == separator);
    return true;
}

static bool is_kind(const char *kinds, const char *kind) {
    char piece[WORD_MAX];
    while (next_piece(&kinds, '|', piece)) {
        const size_t length = strlen(piece);
        if (piece[length - 1] == '*' ? strncmp(piece, kind, length - 1) == 0
                                     : strcmp(piece, kind) == 0)
            return true;
    }
    return false;
}

static bool is_among(const char *words, const char *name) {
    char piece[WORD_MAX];
    while (next_piece(&words, ' ', piece))
        if (name_resembles(piece, name))
            return true;
    return false;
}

const struct word *words_find(const char *kind, const char *name) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (is_kind(table[i].kinds, kind) && is_among(table[i].words, name))
            return &table[i];
    return NULL;
}
