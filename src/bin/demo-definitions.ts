// The flags and the experiment that the demo runs, and the end-to-end tests with it.

/** A boolean flag, a multivariate one and a config one. */
export const FLAGS = [
  {
    flag_id: 'new_recommendation_ui',
    enabled: true,
    rollout_percentage: 15,
    target_segments: ['beta_users', 'premium'],
    environments: ['staging', 'production'],
  },
  {
    flag_id: 'recommendation_algorithm',
    variants: {
      control: { weight: 50, config: { algorithm: 'collaborative' } },
      test_a: { weight: 25, config: { algorithm: 'hybrid_v1' } },
      test_b: { weight: 25, config: { algorithm: 'hybrid_v2' } },
    },
  },
  { flag_id: 'recommendation_count', value_type: 'number', default: 20, segments: { premium: 50, free: 10 } },
];

export const EXPERIMENT = {
  experiment_id: 'hybrid_reco_v1',
  name: 'Hybrid Recommendation Algorithm Test',
  description: 'Testing hybrid recommendation algorithm vs current collaborative filtering',
  start_date: '2024-09-01T00:00:00Z',
  end_date: '2024-09-15T23:59:59Z',
  hypothesis: 'Hybrid algorithm will improve CTR by 5%',
  variants: {
    control: { traffic: 50, description: 'Current collaborative filtering' },
    treatment: { traffic: 50, description: 'Hybrid collaborative + content-based' },
  },
  success_metrics: {
    primary: ['click_through_rate', 'engagement_time'],
    secondary: ['playlist_creation', 'user_retention'],
    guardrail: ['error_rate', 'latency_p95'],
  },
  target_audience: { include: ['active_users'], exclude: ['new_users', 'churned_users'], sample_size: 10000 },
};
