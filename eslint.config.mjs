import eslint from '@eslint/js'
import tseslint from 'typescript-eslint'

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'reference/', 'spec/package/consumers/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      // SessionStorage is empty here and extended by the host.
      '@typescript-eslint/no-generated-empty-object-type': 'off'
    }
  },
  {
    files: ['lib/**/*.js', 'demo/**/*.js', 'spec/**/*.js'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { require: 'readonly', module: 'readonly', process: 'readonly', Buffer: 'readonly' }
    }
  },
  // Browser code is checked by tsconfig.browser.json, which knows what a browser has, and that the console's scripts share one scope.
  { files: ['demo/page/**/*.js'], languageOptions: { sourceType: 'module' }, rules: { 'no-undef': 'off' } },
  {
    files: ['lib/console/browser/*.js'],
    languageOptions: { sourceType: 'script' },
    rules: { 'no-undef': 'off', 'no-unused-vars': ['error', { vars: 'local' }], strict: 'off' }
  }
)
