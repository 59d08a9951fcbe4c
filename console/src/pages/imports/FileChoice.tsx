import FileDropzone from '@cloudscape-design/components/file-dropzone';
import FileInput from '@cloudscape-design/components/file-input';
import FileTokenGroup from '@cloudscape-design/components/file-token-group';
import FormField from '@cloudscape-design/components/form-field';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useTranslation } from 'react-i18next';

const accepted = ['.zip', '.csv', '.xlsx'];

interface Props {
  file: File | undefined;
  /** Shown once somebody tried to go on. */
  isAsked: boolean;
  onChange: (file: File | undefined) => void;
}

/** The roster's file: dropped, or chosen by mouse or keyboard. */
export function FileChoice({ file, isAsked, onChange }: Props) {
  const { t } = useTranslation();
  const take = ({ detail }: { detail: { value: File[] } }) => onChange(detail.value[0]);
  return (
    <FormField
      label={t('imports.rosterFile')}
      description={t('imports.fileHint')}
      errorText={isAsked && file === undefined ? t('imports.fileMissing') : undefined}
      stretch
    >
      <SpaceBetween size="s">
        <FileDropzone onChange={take}>
          <SpaceBetween size="xs" alignItems="center">
            <span>{t('imports.dropFile')}</span>
            <FileInput value={file === undefined ? [] : [file]} accept={accepted.join(',')} onChange={take}>
              {t('imports.chooseFile')}
            </FileInput>
          </SpaceBetween>
        </FileDropzone>
        {file && (
          <FileTokenGroup
            items={[{ file, ...(!isRosterFile(file) && { errorText: t('imports.fileKindWrong') }) }]}
            showFileSize
            onDismiss={() => onChange(undefined)}
            i18nStrings={{ removeFileAriaLabel: () => t('imports.removeFile') }}
          />
        )}
      </SpaceBetween>
    </FormField>
  );
}

/** Whether a file's name says that it could be one of a roster. */
export function isRosterFile({ name }: File): boolean {
  return accepted.some((ending) => name.toLowerCase().endsWith(ending));
}
